#include <diptych/error.h>
#include <diptych/version.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "commands.h"
#include "console.h"
#include "environment_names.h"
#include "shrunk_file.h"

namespace {

void add_commands(Command program) {
  program.footer(
      "Every command explains itself: diptych classify --help\n"
      "Exit status: 0 done, 1 some inputs refused, interrupted, or the answer is no, 2 wrong\n"
      "usage or input, 3 data corrupt, 4 cannot read or write, 5 out of memory, 70 a bug of\n"
      "diptych's.");
  add_caption(program);
  add_classify(program);
  add_search(program);
  add_duplicates(program);
  add_convert(program);
  add_curate(program);
  add_shards(program);
  add_embed(program);
  add_tokenize(program);
  add_preprocess(program);
  add_inspect(program);
  add_train(program);
  add_soup(program);
  add_verify(program);
  add_evaluate(program);
  add_finetune(program);
  add_models(program);
  add_pull(program);
  add_bench(program);
}

/// A limit on the size of files (`ulimit -f`) becomes an error of the write that meets it.
void have_writes_fail_at_limits() {
  std::signal(SIGXFSZ, SIG_IGN);
}

/// Keeps the places of closed standard streams, lest a file that is opened gets the messages. What
/// holds a place cannot be used in its direction, so that reading and writing fail as before.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    if (open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream) return;
  }
}

int run(int argc, char** argv) {
  Program program("diptych", "CLIP as one native program: pictures and words in one space.",
                  std::string(diptych::version()));
  add_commands(program.root());
  const Action action = program.parse({argv + std::min(argc, 1), argv + argc});
  note_unread_variables();
  const int status = action();
  flush_output();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  have_writes_fail_at_limits();
  say_when_a_file_shrinks();
  hold_standard_streams();
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
