#include "curate/fingerprint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <string_view>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "curate/sha2.h"
#include "curate/stable_hash.h"

namespace diptych::curate {

namespace {

constexpr std::string_view kFingerprintMagic = "diptych fingerprints, form 2   \n";
constexpr std::size_t kFingerprintHeader = kFingerprintMagic.size() + sizeof(std::uint64_t);
static_assert(sizeof(Fingerprint) == 32, "as in a file");

std::uint64_t number_of_digits(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace

Fingerprint fingerprint_of(const shards::Sample& sample, bool needs_hash,
                           std::optional<SampleFault>& fault) {
  const auto bytes = *sample.image();
  const std::string digest = sha224(as_text(bytes));
  const std::string_view digits = digest;
  Fingerprint print{
      .digest = {number_of_digits(digits.substr(0, 16)), number_of_digits(digits.substr(16, 16))},
      .state = Fingerprint::State::flat};
  if (!needs_hash) return print;
  try {
    const std::optional<std::uint64_t> hash = picture_hash(decode_image(bytes, sample.key));
    print.hash = hash.value_or(0);
    if (hash) print.state = Fingerprint::State::whole;
  } catch (const Error& error) {
    fault = unreadable_picture(sample, error);
    print.state = Fingerprint::State::unreadable;
  }
  return print;
}

void SamplesDigest::add(const shards::Sample& sample) {
  const auto picture = sample.image();
  value_ = stable_hash(sample.key, value_ + (picture ? picture->size() : 0));
}

void write_fingerprints(const std::filesystem::path& path, const FilePrints& file) {
  AtomicFile out(path);
  out.write(kFingerprintMagic);
  out.write(std::as_bytes(std::span(&file.samples, 1)));
  out.write(std::as_bytes(std::span(file.prints)));
  out.commit();
}

FilePrints read_fingerprints(const std::filesystem::path& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  const bool is_one = as_text(bytes).starts_with(kFingerprintMagic) &&
                      bytes.size() >= kFingerprintHeader &&
                      (bytes.size() - kFingerprintHeader) % sizeof(Fingerprint) == 0;
  if (!is_one) {
    fail(ErrorCode::corrupt_data, "fingerprints: got another file, or a part of one ({})",
         path.string());
  }
  const auto content = bytes.subspan(kFingerprintHeader);
  FilePrints prints{0, std::vector<Fingerprint>(content.size() / sizeof(Fingerprint))};
  std::memcpy(&prints.samples, bytes.data() + kFingerprintMagic.size(), sizeof prints.samples);
  if (!content.empty()) std::memcpy(prints.prints.data(), content.data(), content.size());
  for (const Fingerprint& print : prints.prints) {
    if (print.state <= Fingerprint::State::whole) continue;
    fail(ErrorCode::corrupt_data, "fingerprint: got an unknown state ({})", path.string());
  }
  return prints;
}

std::string_view describe(CopyKind kind) {
  switch (kind) {
    case CopyKind::none:
      return "";
    case CopyKind::evaluated:
      return "in an evaluation set";
    case CopyKind::same_bytes:
      return "same bytes as an earlier picture";
    case CopyKind::near:
      return "looks like an earlier picture";
    case CopyKind::absent:
      return "without a picture";
    case CopyKind::unreadable:
      return "whose picture cannot be read";
  }
  return "";
}

CopyFinder::Seen::Seen(int distance) : near(std::max(distance, 0)) {}

void CopyFinder::Seen::insert(const Fingerprint& print) {
  if (print.state == Fingerprint::State::absent) return;
  digests.insert(print.digest);
  if (print.state == Fingerprint::State::whole) near.insert(print.hash);
}

bool CopyFinder::Seen::has_bytes(const Fingerprint& print) const {
  return digests.contains(print.digest);
}

bool CopyFinder::Seen::has_near(const Fingerprint& print) const {
  return print.state == Fingerprint::State::whole && near.has_near(print.hash);
}

CopyFinder::CopyFinder(int distance)
    : compares_looks_(distance >= 0), kept_(distance), evaluated_(distance) {}

Fingerprint CopyFinder::compared(Fingerprint print) const {
  using State = Fingerprint::State;
  if (!compares_looks_ && print.state != State::absent) print.state = State::flat;
  return print;
}

CopyKind CopyFinder::take(const Fingerprint& print) {
  using State = Fingerprint::State;
  const Fingerprint picture = compared(print);
  if (picture.state == State::absent) return CopyKind::absent;
  if (picture.state == State::unreadable) return CopyKind::unreadable;
  if (evaluated_.has_bytes(picture) || evaluated_.has_near(picture)) return CopyKind::evaluated;
  if (kept_.has_bytes(picture)) return CopyKind::same_bytes;
  if (kept_.has_near(picture)) return CopyKind::near;
  kept_.insert(picture);
  return CopyKind::none;
}

}  // namespace diptych::curate
