/* The command line `jettag`: a client of the public header, like any other. */
#ifndef JT_TOOL_TOOL_H
#define JT_TOOL_TOOL_H

#include <stdio.h>

#include <jettag/jettag.h>

/* Exit codes of the tool. */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* Jets read from text, growing as they come. */
typedef struct tool_jets {
    double *momenta; /* px py pz E per constituent */
    uint8_t *classes;
    int64_t *offsets;
    int64_t n_jets, n_constituents;
    size_t room_constituents, room_jets;
    int columns; /* of every constituent so far: 4, or 5 with a class; 0: there was none yet */
} tool_jets;

/*
 * Read up to `limit` jets: one constituent per line, "px py pz E" in GeV and an optional class, an empty line after
 * each jet, "#" starts a comment. Returns 1 when something was read, 0 at the end, -1 on an error, which is printed
 * with its line number. *line counts on from call to call.
 */
int tool_read_jets(FILE *in, const char *name, int64_t limit, int64_t *line, tool_jets *jets);
void tool_jets_free(tool_jets *jets);

/* `jettag tag MODEL [FILE]` after the model is loaded. */
int tool_tag(jt_model *model, FILE *in, const char *name);

/* `jettag bench MODEL [FILE]`; made-up jets when `in` is NULL. */
int tool_bench(jt_model *model, FILE *in, const char *name);

#endif /* JT_TOOL_TOOL_H */
