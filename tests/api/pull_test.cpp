#include "diptych/pull.h"

#include <gtest/gtest.h>

#include "support/environment_variable.h"
#include "support/expect_error.h"

namespace diptych {
namespace {

TEST(Pull, WithoutTheFetcherSaysHowToGetIt) {
  const test::EnvironmentVariable cache("DIPTYCH_CACHE", "/nowhere");
  const test::EnvironmentVariable fetcher("DIPTYCH_FETCHER", "/missing/libdiptych-fetch.so");
  test::expect_error([] { pull_model("openai/RN50"); }, ErrorCode::unsupported, "DIPTYCH_FETCH=ON");
}

TEST(Pull, RefusesNoAttempts) {
  test::expect_error([] { pull_model("openai/RN50", {.attempts = 0}); },
                     ErrorCode::invalid_argument, "at least 1");
}

TEST(Pull, OfAnUnknownNameIsNotFound) {
  test::expect_error([] { pull_model("openai/ViT-B-33"); }, ErrorCode::not_found,
                     "openai/ViT-B-33");
}

}  // namespace
}  // namespace diptych
