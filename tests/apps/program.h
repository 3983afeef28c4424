#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diptych::test {

/// What a run of the program left behind. A run ended by a signal has the status 128 + its number.
struct ProgramRun {
  int status = 0;
  std::string output;
  std::string errors;

  /// The number of lines on stderr.
  int error_lines() const;
};

/// The arguments without what is noted as replaced: options, but for lists, that stand there again
/// with another value.
std::vector<std::string> without_replaced(const std::vector<std::string>& arguments);

/// Runs the built `diptych` with these arguments and this standard input. `output`: a file that
/// takes its standard output instead of the result.
ProgramRun run_diptych(const std::vector<std::string>& arguments, const std::string& input = "",
                       const std::filesystem::path& output = {});

/// The same, but kills the program once `when` holds. A status below 128: it had ended before.
ProgramRun kill_diptych(const std::vector<std::string>& arguments,
                        const std::function<bool()>& when);

/// The same, but interrupts it as Ctrl-C does, once it is ready to end early with what it has.
ProgramRun interrupt_diptych(const std::vector<std::string>& arguments);

/// The same, but sends it a signal once it has a handler for that.
ProgramRun signal_diptych(const std::vector<std::string>& arguments, int signal);

/// The same, but sends SIGINT each time that the next one of these holds of what it has printed so
/// far.
ProgramRun interrupt_diptych(
    const std::vector<std::string>& arguments,
    const std::vector<std::function<bool(const ProgramRun& so_far)>>& moments);

/// Runs a command line in a folder, as a shell takes it, with the built `diptych` in its PATH and
/// nothing in its cache of models.
ProgramRun run_in_shell(const std::string& command, const std::filesystem::path& folder);

/// The same for examples/demo.cpp.
ProgramRun run_demo(const std::vector<std::string>& arguments);

}  // namespace diptych::test
