#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

enum { LONGEST_LINE = 1024 };

static int grow(void **array, size_t *room, size_t wanted, size_t bytes)
{
    if (wanted <= *room)
        return 1;
    size_t more = *room ? 2 * *room : 1024;
    while (more < wanted)
        more *= 2;
    void *grown = realloc(*array, more * bytes);
    if (!grown)
        return 0;
    *array = grown;
    *room = more;
    return 1;
}

static int make_room(tool_jets *jets)
{
    size_t n = (size_t)jets->n_constituents + 1;
    size_t room = jets->room_constituents;
    if (!grow((void **)&jets->momenta, &room, n, 4 * sizeof *jets->momenta))
        return 0;
    size_t class_room = jets->room_constituents;
    if (!grow((void **)&jets->classes, &class_room, n, sizeof *jets->classes))
        return 0;
    jets->room_constituents = room;
    return grow((void **)&jets->offsets, &jets->room_jets, (size_t)jets->n_jets + 2, sizeof *jets->offsets);
}

/* Values on a line: 0 for an empty one or a comment, -1 for something that is not a number. */
static int parse_line(char *text, double values[6])
{
    text[strcspn(text, "#\r\n")] = '\0';
    int n = 0;
    for (char *at = text;;) {
        at += strspn(at, " \t,");
        if (*at == '\0')
            return n;
        char *end = at;
        double value = strtod(at, &end);
        if (end == at || n == 6 || !strchr(" \t,", *end))
            return -1;
        values[n++] = value;
        at = end;
    }
}

static int complain(const char *name, int64_t line, const char *text)
{
    fprintf(stderr, "jettag: %s:%lld: %s\n", name, (long long)line, text);
    return -1;
}

int tool_read_jets(FILE *in, const char *name, int64_t limit, int64_t *line, tool_jets *jets)
{
    char text[LONGEST_LINE];
    jets->n_jets = 0;
    jets->n_constituents = 0;
    int64_t start = 0;
    while (jets->n_jets < limit && fgets(text, sizeof text, in)) {
        (*line)++;
        size_t length = strlen(text);
        if ((length == 0 || text[length - 1] != '\n') && !feof(in))
            return complain(name, *line,
                            length == sizeof text - 1 ? "the line is too long" : "the line has a NUL byte");
        int comment_only = text[strspn(text, " \t")] == '#';
        double values[6] = {0};
        int n = parse_line(text, values);
        if (n == 0) {
            if (comment_only || jets->n_constituents == start)
                continue;
            jets->offsets[++jets->n_jets] = jets->n_constituents;
            start = jets->n_constituents;
            continue;
        }
        if (n != 4 && n != 5)
            return complain(name, *line, "expected px py pz E and an optional class (0 neutral, 1 track, 2 muon)");
        if (!make_room(jets))
            return complain(name, *line, "out of memory");
        if (jets->columns == 0)
            jets->columns = n;
        if (jets->columns != n)
            return complain(name, *line, "some constituents have a class and some have none");
        jets->offsets[0] = 0;
        memcpy(jets->momenta + 4 * jets->n_constituents, values, 4 * sizeof *values);
        int known = n == 5 && values[4] >= 0.0 && values[4] <= 255.0 && values[4] == floor(values[4]);
        jets->classes[jets->n_constituents] = known ? (uint8_t)values[4] : 255;
        jets->n_constituents++;
    }
    if (ferror(in))
        return complain(name, *line, strerror(errno));
    if (jets->n_constituents > start)
        jets->offsets[++jets->n_jets] = jets->n_constituents;
    return jets->n_jets > 0;
}

void tool_jets_free(tool_jets *jets)
{
    free(jets->momenta);
    free(jets->classes);
    free(jets->offsets);
}
