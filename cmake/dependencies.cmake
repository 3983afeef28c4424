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

# What the module that downloads models stands on. Without it the project builds without that.
if(DIPTYCH_FETCH)
  find_package(CURL)
  find_package(OpenSSL COMPONENTS Crypto)
  if(NOT CURL_FOUND OR NOT OpenSSL_FOUND)
    message(WARNING "no libcurl or no OpenSSL: building without diptych pull. "
                    "Run tools/setup, or silence this with -DDIPTYCH_FETCH=OFF")
    set(DIPTYCH_FETCH OFF)
  endif()
endif()

# What the module that reads TIFF, HEIC and AVIF stands on. Without it those pictures are refused.
if(DIPTYCH_FORMATS)
  pkg_check_modules(TIFF IMPORTED_TARGET libtiff-4)
  pkg_check_modules(HEIF IMPORTED_TARGET libheif)
  if(NOT TIFF_FOUND OR NOT HEIF_FOUND)
    message(WARNING "no libtiff or no libheif: building without TIFF, HEIC and AVIF. "
                    "Run tools/setup, or silence this with -DDIPTYCH_FORMATS=OFF")
    set(DIPTYCH_FORMATS OFF)
  endif()
endif()

# What the module that reads and writes Parquet stands on. Without it lists in Parquet are refused.
if(DIPTYCH_PARQUET)
  include(cmake/arrow.cmake)
endif()

# libtorch: the headers and CPU libraries of the PyTorch wheel that tools/setup unpacks, or any libtorch
# given by Torch_DIR. Without one the project builds without the trainer.
if(DIPTYCH_TRAIN)
  include(cmake/libtorch.cmake)
endif()
