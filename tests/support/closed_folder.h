#pragma once

#include <unistd.h>

#include <exception>
#include <filesystem>
#include <utility>

namespace diptych::test {

/// Lets nobody read a folder, and the tests and what they run be nobody, for whom that holds, until
/// the end of its scope. The folder around it must be open to others.
class ClosedFolder {
 public:
  explicit ClosedFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::permissions(folder_, std::filesystem::perms::none);
    constexpr uid_t kNobody = 65534;
    is_root_ = geteuid() == 0 && seteuid(kNobody) == 0;
  }
  ~ClosedFolder() {
    if (is_root_ && seteuid(0) != 0) std::terminate();
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }
  ClosedFolder(const ClosedFolder&) = delete;
  ClosedFolder& operator=(const ClosedFolder&) = delete;

 private:
  std::filesystem::path folder_;
  bool is_root_ = false;
};

}  // namespace diptych::test
