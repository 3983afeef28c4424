# Defines the target libtorch and the function diptych_install_libtorch, or sets DIPTYCH_TRAIN to OFF and says so.
if(Torch_DIR)
  # A libtorch of the machine's: the installed trainer finds it where it was linked.
  function(diptych_install_libtorch trainer)
  endfunction()
  find_package(Torch REQUIRED)
  add_library(libtorch INTERFACE)
  target_link_libraries(libtorch INTERFACE ${TORCH_LIBRARIES})
  return()
endif()

if(DEFINED ENV{DIPTYCH_DEPENDENCIES})
  set(DIPTYCH_DEPENDENCIES_DEFAULT $ENV{DIPTYCH_DEPENDENCIES})
else()
  set(DIPTYCH_DEPENDENCIES_DEFAULT $ENV{HOME}/.cache/diptych)
endif()
set(DIPTYCH_LIBTORCH ${DIPTYCH_DEPENDENCIES_DEFAULT}/libtorch CACHE PATH
    "Folder with the unpacked PyTorch and CUDA runtime wheels (tools/setup makes it)")
find_library(DIPTYCH_TORCH_CPU torch_cpu PATHS ${DIPTYCH_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
find_library(DIPTYCH_C10 c10 PATHS ${DIPTYCH_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
if(NOT DIPTYCH_TORCH_CPU OR NOT DIPTYCH_C10)
  message(WARNING "no libtorch in ${DIPTYCH_LIBTORCH}: building without the trainer. "
                  "Run tools/setup, or give -DTorch_DIR, or silence this with -DDIPTYCH_TRAIN=OFF")
  set(DIPTYCH_TRAIN OFF)
  return()
endif()

add_library(libtorch INTERFACE)
# Searched last: the wheel brings a fmt of its own, and ours must be found first.
target_compile_options(libtorch INTERFACE
  "SHELL:-idirafter ${DIPTYCH_LIBTORCH}/torch/include"
  "SHELL:-idirafter ${DIPTYCH_LIBTORCH}/torch/include/torch/csrc/api/include")
target_link_libraries(libtorch INTERFACE ${DIPTYCH_TORCH_CPU} ${DIPTYCH_C10})
# libtorch_cpu finds the CUDA runtime beside itself when it is loaded; GNU ld also wants to see it when it links.
file(GLOB DIPTYCH_CUDA_RUNTIME ${DIPTYCH_LIBTORCH}/nvidia/*/lib)
list(TRANSFORM DIPTYCH_CUDA_RUNTIME PREPEND "LINKER:-rpath-link,")
target_link_options(libtorch INTERFACE ${DIPTYCH_CUDA_RUNTIME})

# The unpacked wheels are one user's. What the trainer needs of them is installed beside it, in the folders that libtorch's
# own paths go by, with the licences.
function(diptych_install_libtorch trainer)
  set(folder ${CMAKE_INSTALL_LIBDIR}/diptych/libtorch)
  install(FILES ${DIPTYCH_LIBTORCH}/torch/lib/libc10.so ${DIPTYCH_LIBTORCH}/torch/lib/libtorch_cpu.so
                ${DIPTYCH_LIBTORCH}/torch/lib/libgomp.so.1
          DESTINATION ${folder}/torch/lib COMPONENT train)
  install(DIRECTORY ${DIPTYCH_LIBTORCH}/nvidia DESTINATION ${folder} COMPONENT train FILES_MATCHING PATTERN "*.so*" PATTERN include EXCLUDE)
  file(GLOB licences ${DIPTYCH_LIBTORCH}/*.dist-info/licenses)
  foreach(licence ${licences})
    cmake_path(GET licence PARENT_PATH package)
    cmake_path(GET package STEM LAST_ONLY name)
    install(DIRECTORY ${licence}/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/libtorch/${name} COMPONENT train)
  endforeach()
  set_target_properties(${trainer} PROPERTIES
    INSTALL_RPATH "$ORIGIN/diptych/libtorch/torch/lib" INSTALL_RPATH_USE_LINK_PATH OFF)
  file(MAKE_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/diptych)
  file(CREATE_LINK ${DIPTYCH_LIBTORCH} ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/diptych/libtorch SYMBOLIC)
endfunction()
