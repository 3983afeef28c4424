#include <diptych/error.h>
#include <diptych/version.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>

#include "commands.h"
#include "console.h"

namespace {

void declare(Command program) {
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

int run(int argc, char** argv) {
  Program program("diptych", "CLIP as one native program: pictures and words in one space.",
                  std::string(diptych::version()));
  declare(program.root());
  const int status = program.parse({argv + std::min(argc, 1), argv + argc})();
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
