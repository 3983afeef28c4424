#include <diptych/error.h>
#include <diptych/version.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "command.h"
#include "console.h"
#include "option_values.h"
#include "usage_error.h"

namespace {

void declare(CLI::App& app, Action& action) {
  app.set_version_flag("--version", std::string(diptych::version()));
  app.require_subcommand(1);
  app.footer(
      "Every command explains itself: diptych classify --help\n"
      "Exit status: 0 done, 1 some inputs refused, interrupted, or the answer is no, 2 wrong\n"
      "usage or input, 3 data corrupt, 4 cannot read or write, 5 out of memory, 70 a bug of\n"
      "diptych's.");
  add_caption(app, action);
  add_classify(app, action);
  add_search(app, action);
  add_duplicates(app, action);
  add_convert(app, action);
  add_curate(app, action);
  add_embed(app, action);
  add_tokenize(app, action);
  add_preprocess(app, action);
  add_inspect(app, action);
  add_train(app, action);
  add_verify(app, action);
  add_evaluate(app, action);
  add_models(app, action);
  add_pull(app, action);
  apply_option_rules(app);
}

/// CLI11 takes the arguments last one first.
void parse(CLI::App& app, int argc, char** argv) {
  std::vector<std::string> arguments =
      explicit_arguments(app, {argv + std::min(argc, 1), argv + argc});
  std::reverse(arguments.begin(), arguments.end());
  app.parse(std::move(arguments));
}

int run(int argc, char** argv) {
  CLI::App app("CLIP as one native program: pictures and words in one space.", "diptych");
  Action action;
  declare(app, action);
  int status = 0;
  try {
    parse(app, argc, argv);
    status = action();
  } catch (const CLI::CallForVersion& version) {
    print_line(version.what());
  } catch (const CLI::Success&) {
    print_text(app.help());
  } catch (const CLI::ParseError& error) {
    print_error(describe(app, error));
    status = diptych::exit_status(diptych::ErrorCode::invalid_argument);
  }
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
