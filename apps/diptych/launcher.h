#pragma once

#include <diptych/train.h>

#include <optional>
#include <string>
#include <vector>

/// The exit status of a process of `launch_processes` that ended because another one did: what says
/// so is the other one's end.
constexpr int kEndedByOthers = 99;

/// Runs `diptych train` in as many processes of this program as its options say, each with `flags`
/// ("--json") besides. Signals that ask them to stop are passed on. When one of them ends without
/// having been asked to, the others are ended within seconds, and one line names it, unless it was
/// the first one, which has said it itself. Returns the exit status of the command. To be called
/// before anything starts threads.
int launch_processes(const diptych::TrainOptions& options, const std::vector<std::string>& flags);

/// Returns what `launch_processes` told this process of its part; nothing for a process that it did
/// not start.
std::optional<diptych::TrainProcess> launched_process();
