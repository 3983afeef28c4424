option(DIPTYCH_TRAIN "Build the trainer (needs libtorch)" ON)
option(DIPTYCH_FETCH "Build what downloads models (needs libcurl and OpenSSL)" ON)
option(DIPTYCH_FORMATS "Build what reads TIFF, HEIC and AVIF (needs libtiff and libheif)" ON)
option(DIPTYCH_PARQUET "Build what reads and writes Parquet (needs Arrow)" ON)
option(DIPTYCH_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(DIPTYCH_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(DIPTYCH_UNITY "Compile several sources at a time: faster as a whole, slower after a change" OFF)
option(DIPTYCH_ASSERTIONS "Check our own invariants at run time" OFF)
set(DIPTYCH_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them; empty for none")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Only what include/diptych marks with DIPTYCH_API is exported, and that by a shared library only (BUILD_SHARED_LIBS).
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(BUILD_SHARED_LIBS)
  add_compile_definitions(DIPTYCH_SHARED)
endif()
# A program finds a shared libdiptych beside its bin, wherever the prefix is moved to, and a libtorch outside the system's
# folders. The build folder is laid out as the prefix, so that both have the same paths: where they differ, CMake fills those
# of the build up with empty entries, which stand for whatever folder one is in.
set(CMAKE_INSTALL_RPATH $ORIGIN/../${CMAKE_INSTALL_LIBDIR})
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})

find_program(DIPTYCH_CCACHE ccache)
if(DIPTYCH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the checkout, so that a fresh clone elsewhere finds what another one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${DIPTYCH_CCACHE})
endif()

add_library(diptych_settings INTERFACE)
target_compile_options(diptych_settings INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
find_program(DIPTYCH_MOLD mold)
if(DIPTYCH_MOLD)
  target_link_options(diptych_settings INTERFACE -fuse-ld=mold)
endif()
if(DIPTYCH_ASSERTIONS)
  target_compile_options(diptych_settings INTERFACE -UNDEBUG -D_GLIBCXX_ASSERTIONS)
endif()
if(DIPTYCH_SANITIZE)
  target_compile_options(diptych_settings INTERFACE -fsanitize=${DIPTYCH_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(diptych_settings INTERFACE -fsanitize=${DIPTYCH_SANITIZE})
endif()
