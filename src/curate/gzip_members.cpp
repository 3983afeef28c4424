#include "curate/gzip_members.h"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace diptych::curate {

namespace {

/// Room that is not kept for members that come after.
constexpr std::size_t kLargeMember = std::size_t{1} << 24;

}  // namespace

struct GzipMembers::Decompressor {
  Decompressor() : handle(libdeflate_alloc_decompressor()) {
    if (handle == nullptr) throw std::bad_alloc();
  }
  ~Decompressor() { libdeflate_free_decompressor(handle); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  libdeflate_decompressor* handle;
};

GzipMembers::GzipMembers(std::string_view file, std::size_t max_member)
    : file_(file), max_member_(max_member), decompressor_(std::make_unique<Decompressor>()) {}
GzipMembers::~GzipMembers() = default;

std::optional<MemberFault> GzipMembers::next(UnfilledBytes& out) {
  while (at_ < file_.size() && file_[at_] == '\0') ++at_;  // padding, as gzip allows
  if (at_ >= file_.size()) return std::nullopt;
  const std::size_t begin = out.size();
  const std::string_view rest = file_.substr(at_);
  // Deflate makes at most 1,032 bytes of one.
  const std::size_t limit = std::min(max_member_, rest.size() * 1032 + 1024);
  std::size_t room = std::min(guess_, limit);
  while (true) {
    out.resize(begin + room);
    std::size_t taken = 0;
    std::size_t made = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor_->handle, rest.data(), rest.size(), out.data() + begin, room, &taken, &made);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(begin + made);
      at_ += taken;
      guess_ = std::max(std::size_t{1} << 16, std::min(2 * made, std::size_t{1} << 22));
      return MemberFault::none;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room == limit) {
      out.resize(begin);
      if (room > kLargeMember) out.shrink_to_fit();
      const std::size_t next = file_.find("\x1F\x8B\x08", at_ + 1);
      at_ = next == std::string_view::npos ? file_.size() : next;
      const bool is_large = result == LIBDEFLATE_INSUFFICIENT_SPACE;
      return is_large ? MemberFault::too_large : MemberFault::damaged;
    }
    room = std::min(4 * room, limit);
  }
}

MemberFault inflate_whole(std::string_view packed, std::size_t limit, UnfilledBytes& out) {
  out.clear();
  return GzipMembers(packed, limit).next(out).value_or(MemberFault::damaged);
}

}  // namespace diptych::curate
