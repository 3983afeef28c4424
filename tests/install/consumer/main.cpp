#include <diptych/error.h>
#include <diptych/tokenizer.h>
#include <diptych/version.h>

#include <iostream>

// Uses an installed diptych as a program would; exits with 0 when it is the version given as the
// first argument and works.
int main(int argc, char** argv) {
  try {
    const auto ids = diptych::clip_tokenizer()->encode("a cat", 77);
    std::cout << "diptych " << diptych::version() << ": " << ids.size() << " tokens\n";
    return argc == 2 && diptych::version() == argv[1] && ids.size() == 4 ? 0 : 1;
  } catch (const diptych::Error& error) {
    std::cerr << error.what() << "\n";
    return diptych::exit_status(error.code());
  }
}
