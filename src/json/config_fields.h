#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace diptych {

/// A config's object, read field by field with its types checked. What is never asked for can be
/// refused at the end, so that nothing that changes a model is overlooked. A field that is null
/// counts as absent. Messages name the field by its path. Wrong types and missing fields throw
/// Error(corrupt_data).
class ConfigFields {
 public:
  /// `json` must outlive this. `path` is "" for the whole file.
  ConfigFields(const Json& json, std::string path, std::string file);

  bool has(std::string_view field);
  int integer(std::string_view field);
  int integer(std::string_view field, int otherwise);
  double number(std::string_view field, double otherwise);
  bool boolean(std::string_view field, bool otherwise);
  std::string text(std::string_view field);
  std::string text(std::string_view field, std::string_view otherwise);
  std::vector<double> numbers(std::string_view field);
  /// Returns one whole number for each of a network's four stages.
  std::array<int, 4> four(std::string_view field);
  std::array<int, 2> two(std::string_view field);
  /// Returns whole numbers, however many.
  std::vector<int> integers(std::string_view field);
  std::vector<std::string> texts(std::string_view field);
  /// Returns an object; an empty one when it is absent.
  ConfigFields object(std::string_view field);
  std::vector<ConfigFields> objects(std::string_view field);
  /// Returns the field as it is; nullptr when it is absent.
  const Json* raw(std::string_view field);

  /// Ignores fields that do not change what a model computes.
  void ignore(std::initializer_list<std::string_view> fields);
  /// Throws Error(unsupported) unless the field is absent or has the one value that diptych has.
  void expect(std::string_view field, const Json& value);
  /// Returns the paths of the fields that were not asked for and are not null, false or empty.
  std::vector<std::string> rest() const;
  /// Throws Error(unsupported), naming the first of them.
  void refuse_rest() const;

  /// Returns "text_cfg.width" for messages.
  std::string path_of(std::string_view field) const;
  const std::string& file() const { return file_; }

 private:
  template <std::size_t count>
  std::array<int, count> stages(std::string_view field);
  const Json& require(std::string_view field);
  [[noreturn]] void wrong_type(std::string_view field, std::string_view expected) const;

  const Json* json_;
  std::string path_;
  std::string file_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace diptych
