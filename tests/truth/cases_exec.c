#include "truth.h"
const struct truth_case exec_cases[] = { { .name = NULL } };
