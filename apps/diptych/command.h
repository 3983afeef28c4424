#pragma once

#include <CLI/CLI.hpp>
#include <functional>

/// What the parsed command line asks for; returns the exit status.
using Action = std::function<int()>;

// One subcommand each, in the file of its name: declares the options, and sets `action` when the
// subcommand was chosen.
void add_caption(CLI::App& app, Action& action);
void add_classify(CLI::App& app, Action& action);
void add_convert(CLI::App& app, Action& action);
void add_curate(CLI::App& app, Action& action);
void add_duplicates(CLI::App& app, Action& action);
void add_embed(CLI::App& app, Action& action);
void add_tokenize(CLI::App& app, Action& action);
void add_preprocess(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_search(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_models(CLI::App& app, Action& action);
void add_pull(CLI::App& app, Action& action);
