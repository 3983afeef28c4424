#include "json/config_fields.h"

#include <algorithm>
#include <climits>
#include <utility>

#include "base/error.h"

namespace diptych {
namespace {

const Json& empty_object() {
  static const Json object = Json::object();
  return object;
}

/// A whole number, also when it is written as 224.0.
std::optional<int> as_integer(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  if (!(number >= INT_MIN && number <= INT_MAX) || number != static_cast<int>(number))
    return std::nullopt;
  return static_cast<int>(number);
}

}  // namespace

ConfigFields::ConfigFields(const Json& json, std::string path, std::string file)
    : json_(&json), path_(std::move(path)), file_(std::move(file)) {
  if (!json.is_object()) {
    fail(ErrorCode::corrupt_data, "config: {}: got {}, expected an object ({})",
         path_.empty() ? "the file" : path_, json.type_name(), file_);
  }
}

std::string ConfigFields::path_of(std::string_view field) const {
  return path_.empty() ? std::string(field) : path_ + "." + std::string(field);
}

const Json* ConfigFields::raw(std::string_view field) {
  asked_.emplace(field);
  const auto found = json_->find(std::string(field));
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

bool ConfigFields::has(std::string_view field) {
  return raw(field) != nullptr;
}

const Json& ConfigFields::require(std::string_view field) {
  const Json* value = raw(field);
  if (value == nullptr)
    fail(ErrorCode::corrupt_data, "config: {} is missing ({})", path_of(field), file_);
  return *value;
}

void ConfigFields::wrong_type(std::string_view field, std::string_view expected) const {
  constexpr std::size_t kShown = 40;
  const std::string got = json_->at(std::string(field)).dump(-1, ' ', /*ensure_ascii=*/true);
  fail(ErrorCode::corrupt_data, "config: {}: got {}{}, expected {} ({})", path_of(field),
       got.substr(0, kShown), got.size() > kShown ? "..." : "", expected, file_);
}

int ConfigFields::integer(std::string_view field) {
  const auto value = as_integer(require(field));
  if (!value) wrong_type(field, "a whole number");
  return *value;
}

int ConfigFields::integer(std::string_view field, int otherwise) {
  return has(field) ? integer(field) : otherwise;
}

double ConfigFields::number(std::string_view field, double otherwise) {
  const Json* value = raw(field);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) wrong_type(field, "a number");
  return value->get<double>();
}

bool ConfigFields::boolean(std::string_view field, bool otherwise) {
  const Json* value = raw(field);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) wrong_type(field, "true or false");
  return value->get<bool>();
}

std::string ConfigFields::text(std::string_view field) {
  const Json& value = require(field);
  if (!value.is_string()) wrong_type(field, "a text");
  return value.get<std::string>();
}

std::string ConfigFields::text(std::string_view field, std::string_view otherwise) {
  return has(field) ? text(field) : std::string(otherwise);
}

std::vector<double> ConfigFields::numbers(std::string_view field) {
  const Json& value = require(field);
  const bool fits = value.is_array() && std::all_of(value.begin(), value.end(),
                                                    [](const Json& v) { return v.is_number(); });
  if (!fits) wrong_type(field, "a list of numbers");
  return value.get<std::vector<double>>();
}

std::vector<int> ConfigFields::integers(std::string_view field) {
  const std::vector<double> values = numbers(field);
  std::vector<int> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [](double value) { return static_cast<int>(std::clamp(value, 0.0, 1e6)); });
  return result;
}

template <std::size_t count>
std::array<int, count> ConfigFields::stages(std::string_view field) {
  const std::vector<int> values = integers(field);
  std::array<int, count> result{};
  if (values.size() != result.size()) {
    fail(ErrorCode::corrupt_data, "config: {}: got {} stages, expected {} ({})", path_of(field),
         values.size(), result.size(), file_);
  }
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

std::array<int, 4> ConfigFields::four(std::string_view field) {
  return stages<4>(field);
}

std::array<int, 2> ConfigFields::two(std::string_view field) {
  return stages<2>(field);
}

std::vector<std::string> ConfigFields::texts(std::string_view field) {
  const Json& value = require(field);
  const bool fits = value.is_array() && std::all_of(value.begin(), value.end(),
                                                    [](const Json& v) { return v.is_string(); });
  if (!fits) wrong_type(field, "a list of texts");
  return value.get<std::vector<std::string>>();
}

ConfigFields ConfigFields::object(std::string_view field) {
  const Json* value = raw(field);
  return {value == nullptr ? empty_object() : *value, path_of(field), file_};
}

std::vector<ConfigFields> ConfigFields::objects(std::string_view field) {
  const Json& value = require(field);
  if (!value.is_array()) wrong_type(field, "a list of objects");
  std::vector<ConfigFields> result;
  for (const Json& element : value) result.emplace_back(element, path_of(field), file_);
  return result;
}

void ConfigFields::ignore(std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) asked_.emplace(field);
}

void ConfigFields::expect(std::string_view field, const Json& value) {
  const Json* got = raw(field);
  if (got != nullptr && *got != value) {
    fail(ErrorCode::unsupported, "config: {}: got {}, diptych has {} ({})", path_of(field),
         got->dump(), value.dump(), file_);
  }
}

std::vector<std::string> ConfigFields::rest() const {
  std::vector<std::string> paths;
  for (const auto& [field, value] : json_->items()) {
    const bool inert =
        value.is_null() || value == false || (value.is_structured() && value.empty());
    if (!inert && !asked_.contains(field)) paths.push_back(path_of(field));
  }
  return paths;
}

void ConfigFields::refuse_rest() const {
  const std::vector<std::string> paths = rest();
  if (paths.empty()) return;
  fail(ErrorCode::unsupported, "config: {}: diptych does not know this field ({})", paths.front(),
       file_);
}

}  // namespace diptych
