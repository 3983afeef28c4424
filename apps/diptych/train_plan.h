#pragma once

#include <diptych/train.h>

#include "console.h"

/// Prints what a training would take.
void print_plan(const diptych::TrainPlan& plan);
Json plan_json(const diptych::TrainPlan& plan);
