#include "mutate.h"

#include <ctype.h>
#include <string.h>

#include "lib/model/container.h"

enum { LARGEST = 1 << 16 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

/* A piece of a text. */
typedef struct piece {
    size_t at, length;
} piece;

/* Some text between quotes, or some number, or some line, chosen by chance; length 0: none found. */
static piece find_text(const uint8_t *text, size_t n, uint32_t *random)
{
    piece found = {0, 0};
    uint32_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '"')
            continue;
        size_t end = i + 1;
        while (end < n && text[end] != '"')
            end += text[end] == '\\' ? 2 : 1;
        if (end >= n)
            break;
        if (next(random) % ++seen == 0)
            found = (piece){i, end + 1 - i};
        i = end;
    }
    return found;
}

static piece find_number(const uint8_t *text, size_t n, uint32_t *random)
{
    piece found = {0, 0};
    uint32_t seen = 0;
    for (size_t i = 1; i < n; i++) {
        if ((text[i - 1] != ':' && text[i - 1] != ',' && text[i - 1] != '[') || !(isdigit(text[i]) || text[i] == '-'))
            continue;
        size_t end = i;
        while (end < n && (isdigit(text[end]) || strchr("+-.eE", text[end])) && text[end] != 0)
            end++;
        if (next(random) % ++seen == 0)
            found = (piece){i, end - i};
        i = end;
    }
    return found;
}

static piece find_line(const uint8_t *text, size_t n, uint32_t *random)
{
    piece found = {0, 0};
    uint32_t seen = 0;
    for (size_t start = 0; start < n;) {
        const uint8_t *newline = memchr(text + start, '\n', n - start);
        size_t end = newline ? (size_t)(newline - text) + 1 : n;
        if (next(random) % ++seen == 0)
            found = (piece){start, end - start};
        start = end;
    }
    return found;
}

/* Put `with` in place of a piece; the text must have room. */
static size_t replace(uint8_t *text, size_t n, piece old, const uint8_t *with, size_t length)
{
    memmove(text + old.at + length, text + old.at + old.length, n - old.at - old.length);
    memcpy(text + old.at, with, length);
    return n - old.length + length;
}

static const char *const numbers[] = {"0",
                                      "1",
                                      "2",
                                      "3",
                                      "4",
                                      "5",
                                      "7",
                                      "8",
                                      "15",
                                      "16",
                                      "63",
                                      "64",
                                      "65",
                                      "255",
                                      "256",
                                      "257",
                                      "4096",
                                      "65535",
                                      "65536",
                                      "2147483647",
                                      "2147483648",
                                      "4294967296",
                                      "-1",
                                      "0.5",
                                      "1e-3",
                                      "1e999",
                                      "1e-999",
                                      "268435456",
                                      "16777216",
                                      "9007199254740992",
                                      "9007199254740993",
                                      "-0",
                                      "1e-12"};
static const char *const words[] = {"\"same\"",    "\"valid\"",   "true",           "false",        "null",
                                    "\"swish\"",   "\"sigmoid\"", "\"relu\"",       "\"add\"",      "\"concat\"",
                                    "\"flatten\"", "\"image\"",   "\"features\"",   "\"dense\"",    "[1,1,1,1]",
                                    "[]",          "{}",          "\"activation\"", "\"max_pool\"", "\"top\""};

/* Change a header by its own parts; at most `room` bytes. */
static size_t change_header(uint8_t *text, size_t n, size_t room, uint32_t *random)
{
    static uint8_t copy[4096];
    piece from, to;
    switch (next(random) % 8) {
    case 0: /* a number */
    case 1: {
        const char *number = numbers[next(random) % (sizeof numbers / sizeof *numbers)];
        to = find_number(text, n, random);
        if (to.length == 0 || n + strlen(number) > room)
            break;
        return replace(text, n, to, (const uint8_t *)number, strlen(number));
    }
    case 2: /* a text for another one: names that refer to each other */
    case 3:
        from = find_text(text, n, random);
        to = find_text(text, n, random);
        if (from.length == 0 || from.length > sizeof copy || n + from.length > room)
            break;
        memcpy(copy, text + from.at, from.length);
        return replace(text, n, to, copy, from.length);
    case 4: { /* a word */
        const char *word = words[next(random) % (sizeof words / sizeof *words)];
        to = next(random) % 2 ? find_text(text, n, random) : find_number(text, n, random);
        if (to.length == 0 || n + strlen(word) > room)
            break;
        return replace(text, n, to, (const uint8_t *)word, strlen(word));
    }
    case 5: /* a line again, elsewhere or in place of another */
        from = find_line(text, n, random);
        to = find_line(text, n, random);
        if (from.length > sizeof copy || n + from.length > room)
            break;
        memcpy(copy, text + from.at, from.length);
        if (next(random) % 2)
            to.length = 0;
        return replace(text, n, to, copy, from.length);
    case 6: /* a line less */
        return replace(text, n, find_line(text, n, random), copy, 0);
    default:
        break;
    }
    return LLVMFuzzerMutate(text, n, room);
}

/* Floats that computations stumble over, as they lie in a file. */
static void change_float(uint8_t *blob, size_t n, uint32_t *random)
{
    static const uint32_t bits[] = {0x00000000, 0x80000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x1E3CE508, /* 1e-20 */
                                    0x2EDBE6FF, 0x3F800000, 0xBF800000, 0x40000000, 0x42C80000,             /* 100 */
                                    0xC47A0000, 0x5A0E1BCA, 0x60AD78EC, 0x7E967699, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000};
    if (n < 4)
        return;
    const uint32_t value = bits[next(random) % (sizeof bits / sizeof *bits)];
    const size_t at = next(random) % (n / 4) * 4;
    for (size_t i = 0; i < 4; i++)
        blob[at + i] = (uint8_t)(value >> 8 * i);
}

/* Mostly the header, by its parts or by bytes; otherwise the blob; seldom the file as it is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t header[LARGEST], blob[LARGEST];
    uint32_t random = seed;
    const uint32_t choice = next(&random) % 64;
    size_t n_header = fuzz_header_length(data, size);
    const size_t blob_at = fuzz_round_up(JT_PREAMBLE + n_header);
    if (choice == 0 || n_header == 0 || blob_at > size || max_size < size + 4 * JT_PREAMBLE || max_size > LARGEST)
        return LLVMFuzzerMutate(data, size, max_size);

    const size_t room = max_size - size - 2 * JT_PREAMBLE;
    size_t n_blob = size - blob_at;
    uint8_t version[4];
    memcpy(version, data + 8, sizeof version);
    memcpy(header, data + JT_PREAMBLE, n_header);
    memcpy(blob, data + blob_at, n_blob);
    if (choice == 1)
        version[2] = (uint8_t)(next(&random) % 2); /* a newer minor version, or this one */
    else if (choice < 2 + fuzz_blob_share && next(&random) % 4 == 0)
        n_blob = LLVMFuzzerMutate(blob, n_blob, n_blob + room);
    else if (choice < 2 + fuzz_blob_share)
        for (uint32_t i = next(&random) % 3 + 1; i-- > 0;)
            change_float(blob, n_blob, &random);
    else
        for (uint32_t i = next(&random) % 3 + 1; i-- > 0;)
            n_header = change_header(header, n_header, n_header + room / 4, &random);
    return fuzz_pack(version, header, n_header, blob, n_blob, data);
}
