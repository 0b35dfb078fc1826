#!/bin/sh
# Every C and C++ file as .clang-format has it.
set -eu
git ls-files -co --exclude-standard '*.c' '*.h' '*.hpp' '*.cpp' '*.cc' | xargs clang-format --dry-run -Werror
