#include <diptych/error.h>
#include <diptych/version.h>

#include <iostream>

// Exits with 0 when the installed library is the version given as the first argument.
int main(int argc, char** argv) {
  std::cout << "diptych " << diptych::version() << ", "
            << diptych::name(diptych::ErrorCode::internal) << "\n";
  return argc == 2 && diptych::version() == argv[1] ? 0 : 1;
}
