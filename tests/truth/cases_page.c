#include "truth.h"
const struct truth_case page_cases[] = { { .name = NULL } };
