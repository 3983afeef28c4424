#include "columns/arrow_value.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <string>

#include "json/repaired_text.h"

namespace diptych::columns {

namespace {

using Json = nlohmann::ordered_json;

template <typename Array>
Json number(const ::arrow::Array& array, std::int64_t place) {
  return static_cast<const Array&>(array).Value(place);
}

template <typename Array>
Json text(const ::arrow::Array& array, std::int64_t place) {
  return repaired_text(std::string(static_cast<const Array&>(array).GetView(place)));
}

template <typename Array>
Json list(const ::arrow::Array& array, std::int64_t place) {
  const auto& lists = static_cast<const Array&>(array);
  const std::int64_t first = lists.value_offset(place);
  Json values = Json::array();
  for (std::int64_t i = 0; i < lists.value_length(place); ++i)
    values.push_back(json_of(*lists.values(), first + i));
  return values;
}

Json object(const ::arrow::StructArray& array, std::int64_t place) {
  Json members = Json::object();
  for (int i = 0; i < array.num_fields(); ++i)
    members[repaired_text(array.struct_type()->field(i)->name())] = json_of(*array.field(i), place);
  return members;
}

Json other(const ::arrow::Array& array, std::int64_t place) {
  const auto scalar = array.GetScalar(place);
  return scalar.ok() ? Json(repaired_text((*scalar)->ToString())) : Json();
}

}  // namespace

nlohmann::ordered_json json_of(const ::arrow::Array& array, std::int64_t place) {
  using ::arrow::Type;
  if (array.IsNull(place)) return {};
  switch (array.type_id()) {
    case Type::BOOL:
      return number<::arrow::BooleanArray>(array, place);
    case Type::INT8:
      return number<::arrow::Int8Array>(array, place);
    case Type::INT16:
      return number<::arrow::Int16Array>(array, place);
    case Type::INT32:
      return number<::arrow::Int32Array>(array, place);
    case Type::INT64:
      return number<::arrow::Int64Array>(array, place);
    case Type::UINT8:
      return number<::arrow::UInt8Array>(array, place);
    case Type::UINT16:
      return number<::arrow::UInt16Array>(array, place);
    case Type::UINT32:
      return number<::arrow::UInt32Array>(array, place);
    case Type::UINT64:
      return number<::arrow::UInt64Array>(array, place);
    case Type::FLOAT:
      return number<::arrow::FloatArray>(array, place);
    case Type::DOUBLE:
      return number<::arrow::DoubleArray>(array, place);
    case Type::STRING:
    case Type::BINARY:
      return text<::arrow::BinaryArray>(array, place);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return text<::arrow::LargeBinaryArray>(array, place);
    case Type::LIST:
    case Type::MAP:
      return list<::arrow::ListArray>(array, place);
    case Type::LARGE_LIST:
      return list<::arrow::LargeListArray>(array, place);
    case Type::FIXED_SIZE_LIST:
      return list<::arrow::FixedSizeListArray>(array, place);
    case Type::STRUCT:
      return object(static_cast<const ::arrow::StructArray&>(array), place);
    case Type::DICTIONARY: {
      const auto& words = static_cast<const ::arrow::DictionaryArray&>(array);
      return json_of(*words.dictionary(), words.GetValueIndex(place));
    }
    default:
      return other(array, place);
  }
}

}  // namespace diptych::columns
