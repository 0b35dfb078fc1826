#include "mutate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/container.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static void put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Length of the header as the file says it, or what there is. */
static size_t header_length(const uint8_t *data, size_t size)
{
    if (size < JT_PREAMBLE)
        return 0;
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | data[16 + i];
    return length < size - JT_PREAMBLE ? (size_t)length : size - JT_PREAMBLE;
}

static size_t round_up(size_t length)
{
    return (length + JT_BLOB_ALIGNMENT - 1) / JT_BLOB_ALIGNMENT * JT_BLOB_ALIGNMENT;
}

/* A file of these sections; `file` may not overlap them. */
static size_t pack(const uint8_t version[4], const uint8_t *header, size_t n_header, const uint8_t *blob, size_t n_blob,
                   uint8_t *file)
{
    static const uint8_t magic[8] = {0x89, 'J', 'T', 'M', 0x0D, 0x0A, 0x1A, 0x0A};
    size_t blob_at = round_up(JT_PREAMBLE + n_header), end = blob_at + round_up(n_blob);
    memset(file, 0, JT_PREAMBLE);
    memcpy(file, magic, sizeof magic);
    memcpy(file + 8, version, 4);
    memmove(file + JT_PREAMBLE, header, n_header);
    memset(file + JT_PREAMBLE + n_header, 0, blob_at - JT_PREAMBLE - n_header);
    memcpy(file + blob_at, blob, n_blob);
    memset(file + blob_at + n_blob, 0, end - blob_at - n_blob);
    put(file + 12, JT_PREAMBLE, 4);
    put(file + 16, n_header, 8);
    put(file + 24, blob_at, 8);
    put(file + 32, end - blob_at, 8);
    put(file + 40, jt_crc32c(file + JT_PREAMBLE, n_header), 4);
    put(file + 44, jt_crc32c(file + blob_at, end - blob_at), 4);
    put(file + 48, jt_crc32c(file, 48), 4);
    return end;
}

size_t fuzz_seal(const uint8_t *data, size_t size, uint8_t *sealed)
{
    static const uint8_t first[4] = {1, 0, 0, 0};
    size_t n_header = header_length(data, size), blob_at = round_up(JT_PREAMBLE + n_header);
    size_t n_blob = blob_at < size ? size - blob_at : 0;
    return pack(size < JT_PREAMBLE ? first : data + 8, data + JT_PREAMBLE, size < JT_PREAMBLE ? 0 : n_header,
                data + blob_at, n_blob, sealed);
}

#ifndef JT_PLAIN_MAIN

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
    uint8_t copy[4096];
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

/* Mostly the header, by its parts or by bytes; sometimes the blob; seldom the file as it is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint32_t random = seed;
    uint32_t choice = next(&random) % 16;
    size_t n_header = header_length(data, size), blob_at = round_up(JT_PREAMBLE + n_header);
    if (choice == 0 || n_header == 0 || blob_at > size || max_size < size + 4 * JT_PREAMBLE)
        return LLVMFuzzerMutate(data, size, max_size);

    size_t room = max_size - size - 2 * JT_PREAMBLE, n_blob = size - blob_at;
    uint8_t *header = malloc(n_header + room), *blob = malloc(n_blob + room);
    uint8_t version[4];
    memcpy(version, data + 8, sizeof version);
    memcpy(header, data + JT_PREAMBLE, n_header);
    memcpy(blob, data + blob_at, n_blob);
    if (choice == 1)
        version[2] = (uint8_t)(next(&random) % 2); /* a newer minor version, or this one */
    else if (choice <= 3)
        n_blob = LLVMFuzzerMutate(blob, n_blob, n_blob + room);
    else
        for (uint32_t i = next(&random) % 3 + 1; i-- > 0;)
            n_header = change_header(header, n_header, n_header + room / 4, &random);
    size_t length = pack(version, header, n_header, blob, n_blob, data);
    free(header);
    free(blob);
    return length;
}

#endif
