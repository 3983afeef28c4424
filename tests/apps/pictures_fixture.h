#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "api/fixtures.h"
#include "apps/program.h"
#include "support/support.h"

namespace diptych::test {

/// A tiny model and a folder with a red, a green and a blue picture.
class WithPictures : public ::testing::Test {
 protected:
  WithPictures() {
    write_tiny_model(folder_.path() / "model");
    std::filesystem::create_directory(folder_.path() / "pictures");
    write_picture(folder_.path() / "pictures" / "blue.bmp", 0, 0, 255);
    write_picture(folder_.path() / "pictures" / "green.bmp", 0, 255, 0);
    write_picture(folder_.path() / "pictures" / "red.bmp", 255, 0, 0);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  /// Runs a command with the tiny model.
  ProgramRun run(const std::string& command, std::vector<std::string> arguments,
                 const std::string& input = "") const {
    arguments.insert(arguments.begin(), {command, "--model", path("model")});
    return run_diptych(without_replaced(arguments), input);
  }

  TemporaryFolder folder_;
};

}  // namespace diptych::test
