#include "image/content.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace diptych::image {

using namespace std::string_view_literals;

bool starts_at(const EncodedPicture& source, std::size_t offset, std::string_view signature) {
  if (source.size() < offset + signature.size()) return false;
  const auto* begin = reinterpret_cast<const char*>(source.bytes.data()) + offset;
  return std::equal(signature.begin(), signature.end(), begin);
}

void check_media_file(const EncodedPicture& source) {
  const std::initializer_list<std::string_view> pictures = {
      "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "mif2", "msf1", "avif", "avis"};
  const auto is = [&](std::string_view brand) { return starts_at(source, 8, brand); };
  if (std::any_of(pictures.begin(), pictures.end(), is)) return;
  if (is("crx "))
    source.fail_unsupported(
        "picture: got Canon's CR3, expected one of the RAW formats with a preview "
        "that diptych finds: CR2, NEF, ARW, DNG, PEF, RAF");
  if (is("jxl ")) source.fail_unsupported("picture: got JPEG XL, which diptych does not read");
  source.fail_unsupported("picture: got a film (MP4, QuickTime), expected a picture");
}

void refuse_content(const EncodedPicture& source) {
  const std::pair<std::string_view, const char*> known[] = {
      {"\xFF\x0A"sv, "JPEG XL"},
      {"\0\0\0\x0CJXL "sv, "JPEG XL"},
      {"\0\0\0\x0CjP  "sv, "JPEG 2000"},
      {"\xFF\x4F\xFF\x51"sv, "JPEG 2000"},
      {"8BPS"sv, "a Photoshop document"},
      {"%PDF"sv, "a PDF document"},
      {"<svg"sv, "an SVG drawing"},
      {"<?xml"sv, "an XML document, perhaps an SVG drawing"},
      {"<!DOCTYPE"sv, "a web page"},
      {"<!doctype"sv, "a web page"},
      {"<html"sv, "a web page"},
      {"version https://git-lfs"sv, "a Git LFS pointer (git lfs pull fetches the file)"},
      {"PK\x03\x04"sv, "a zip archive"},
      {"\x1F\x8B"sv, "a gzip file"},
      {"\0\x05\x16\x07"sv, "the resource fork that macOS writes beside a file"},
      {"\0\0\x01\0"sv, "an icon (ICO)"},
      {"IIU\0"sv, "Panasonic's RW2"},
      {"IIRO"sv, "Olympus's ORF"},
      {"IIRS"sv, "Olympus's ORF"},
      {"FOVb"sv, "Sigma's X3F"},
  };
  const char* got = "unknown content";
  for (const auto& [start, what] : known)
    if (starts_at(source, 0, start)) got = what;
  source.fail_unsupported(
      fmt::format("picture: got {}, expected JPEG, PNG, WebP, GIF, BMP, TIFF, "
                  "HEIC or AVIF, or a camera's RAW file",
                  got));
}

}  // namespace diptych::image
