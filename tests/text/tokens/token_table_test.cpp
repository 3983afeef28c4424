#include "text/tokens/token_table.h"

#include <gtest/gtest.h>

#include <string>

namespace diptych::text {
namespace {

TEST(TokenTable, FindsWhatWasInsertedAsItGrows) {
  std::vector<std::string> tokens(5000);
  TokenTable table;
  EXPECT_EQ(table.find("0"), TokenTable::kNone);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = std::to_string(i);
    table.insert(tokens[i], static_cast<std::int32_t>(i));
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(table.find(std::to_string(i)), static_cast<std::int32_t>(i));
  }
  EXPECT_EQ(table.find("5000"), TokenTable::kNone);
  EXPECT_EQ(table.find(""), TokenTable::kNone);
}

TEST(TokenTable, KeepsTheLastIdOfAToken) {
  TokenTable table;
  table.insert("a", 1);
  table.insert("a", 2);
  EXPECT_EQ(table.find("a"), 2);
}

}  // namespace
}  // namespace diptych::text
