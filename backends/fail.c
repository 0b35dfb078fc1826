#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

jt_status jt_fail(jt_why *why, jt_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return status;
}
