# The program, the tests and the benchmarks need these besides the library's own.
include(cmake/library_dependencies.cmake)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
if(DIPTYCH_TESTS)
  find_package(GTest REQUIRED)
endif()
if(DIPTYCH_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# libtorch: the headers and CPU libraries of the PyTorch wheel that tools/setup unpacks, or any libtorch
# given by Torch_DIR. Without one the project builds without the trainer.
if(DIPTYCH_TRAIN)
  include(cmake/libtorch.cmake)
endif()
