#include <diptych/error.h>
#include <diptych/version.h>

#include <exception>
#include <new>
#include <string>

#include "command.h"
#include "console.h"

namespace {

/// A command line that cannot be understood, in one line like every other error.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "diptych";
  for (auto chosen = app.get_subcommands(); !chosen.empty();
       chosen = chosen.front()->get_subcommands()) {
    command += " " + chosen.front()->get_name();
  }
  print_error(std::string(error.what()) + " (see " + command + " --help)");
  return diptych::exit_status(diptych::ErrorCode::invalid_argument);
}

int run(int argc, char** argv) {
  CLI::App app("CLIP as one native program: pictures and words in one space.", "diptych");
  app.set_version_flag("--version", std::string(diptych::version()));
  app.require_subcommand(1);
  app.footer(
      "Every command explains itself: diptych classify --help\n"
      "Exit status: 0 done, 1 some inputs refused or the answer is no, 2 wrong usage or input,\n"
      "3 data corrupt, 4 cannot read or write, 5 out of memory, 70 a bug of diptych's.");
  Action action;
  add_caption(app, action);
  add_classify(app, action);
  add_convert(app, action);
  add_embed(app, action);
  add_tokenize(app, action);
  add_preprocess(app, action);
  add_inspect(app, action);
  add_train(app, action);
  add_verify(app, action);
  add_evaluate(app, action);
  add_models(app, action);
  add_pull(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  const int status = action();
  flush_output();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const diptych::Error& error) {
    print_error(error.what());
    return diptych::exit_status(error.code());
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
    return diptych::exit_status(diptych::ErrorCode::out_of_memory);
  } catch (const std::exception& error) {
    print_error(std::string("internal error: ") + error.what());
  } catch (...) {
    print_error("internal error");
  }
  return diptych::exit_status(diptych::ErrorCode::internal);
}
