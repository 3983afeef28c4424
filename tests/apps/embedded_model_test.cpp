// The embedded model gives the right answer wherever README shows it on the pictures that are
// shipped.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/program.h"
#include "support/support.h"

namespace diptych::test {
namespace {

using Json = nlohmann::json;

/// The best label of each picture of examples/pictures; "none of these" where none fits.
std::vector<std::string> answers(const std::string& labels,
                                 const std::vector<std::string>& pictures) {
  std::vector<std::string> arguments = {"classify", "--labels", labels, "--json"};
  for (const std::string& picture : pictures)
    arguments.push_back(data_path("../../examples/pictures/" + picture).string());
  const ProgramRun run = run_diptych(arguments);
  EXPECT_EQ(run.status, 0) << run.errors;
  std::vector<std::string> best;
  for (const Json& answer : Json::parse(run.output)) {
    const bool none = answer.at("none_of_these").get<bool>();
    best.push_back(none ? "none of these" : answer.at("labels")[0].at("label").get<std::string>());
  }
  return best;
}

TEST(EmbeddedModelAnswers, AreRightInReadmesExamples) {
  EXPECT_EQ(answers("a cat,a rocket,a guitar", {"cat.jpg", "rocket.png", "banana.png"}),
            (std::vector<std::string>{"a cat", "a rocket", "none of these"}));
  EXPECT_EQ(answers("猫,草莓,吉他", {"strawberry.webp"}), std::vector<std::string>{"草莓"});
}

TEST(EmbeddedModelAnswers, AreNoneOfTheseForABananaAmongOtherThings) {
  for (const char* labels : {"a cat,a rocket,a slice of pizza", "猫,火箭,披萨"})
    EXPECT_EQ(answers(labels, {"banana.png"}), std::vector<std::string>{"none of these"});
}

}  // namespace
}  // namespace diptych::test
