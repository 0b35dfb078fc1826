/*
 * A part of the false cuDNN, which need only be there. With TORN it is of another version: something that it needs of
 * the others is not theirs.
 */
#ifdef TORN
int of_another_version(void);
int part_of_another_version(void);

__attribute__((visibility("default"))) int part_of_another_version(void)
{
    return of_another_version();
}
#else
__attribute__((visibility("default"))) const int fake_part = 9;
#endif
