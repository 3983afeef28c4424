# For code that calls what computes and does not compute itself, as commands and whatever stands on libtorch do: a full
# optimisation would be compiled longer and gain nothing.
set(DIPTYCH_LIGHT_OPTIMISATION $<$<CONFIG:Release>:-O1>)

# Compiles a target's sources some at a time, so that their headers are parsed once for all of them: a third of the time.
# Names in unnamed namespaces are therefore unique within a target's folder. Sources of which that cannot be said (kernels,
# which are compiled again for each instruction set) are left out by SKIP_UNITY_BUILD_INCLUSION.
function(diptych_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DIPTYCH_UNITY} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

# diptych_layer(name [SEPARATE] SOURCES ... LINKS ...): one folder of src/ as the library diptych_<name>, a part of
# diptych::diptych (library.cmake) unless it is separate.
function(diptych_layer name)
  cmake_parse_arguments(LAYER "SEPARATE" "" "SOURCES;LINKS" ${ARGN})
  add_library(diptych_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(diptych_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(diptych_${name} PUBLIC ${LAYER_LINKS} PRIVATE diptych_settings)
  diptych_unity(diptych_${name})
  if(NOT LAYER_SEPARATE)
    set_property(GLOBAL APPEND PROPERTY DIPTYCH_LAYERS diptych_${name})
  endif()
endfunction()

# diptych_module(target FILE name SOURCE file LINKS ... COMPONENT name): the module lib<name>.so, which the library loads
# when it is used (src/base/module.h). It exports its table and nothing else.
function(diptych_module target)
  cmake_parse_arguments(MODULE "" "FILE;SOURCE;COMPONENT" "LINKS" ${ARGN})
  add_library(${target} MODULE ${MODULE_SOURCE})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${MODULE_FILE})
  target_link_libraries(${target} PRIVATE ${MODULE_LINKS} diptych_settings)
  target_link_options(${target} PRIVATE LINKER:--exclude-libs,ALL)
  set_property(GLOBAL APPEND PROPERTY DIPTYCH_MODULES ${target})
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${MODULE_COMPONENT})
endfunction()

# diptych_test(name [HEADERS target] SOURCES ... LINKS ...): tests/<name> as one GoogleTest program, one ctest entry a test.
# Reuses the precompiled headers of `target`; default: GoogleMock's, of diptych_test_support.
function(diptych_test name)
  cmake_parse_arguments(TEST "" "HEADERS" "SOURCES;LINKS" ${ARGN})
  add_executable(${name}_tests ${TEST_SOURCES})
  diptych_unity(${name}_tests)
  # Precompiled headers fit only where the code is as position independent as that of the library which made them.
  set_target_properties(${name}_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name}_tests PRIVATE -fPIC)
  target_link_libraries(${name}_tests PRIVATE ${TEST_LINKS} diptych_test_support diptych_settings
                        GTest::gmock GTest::gtest_main)
  if(TEST_HEADERS)
    target_compile_options(${name}_tests PRIVATE ${DIPTYCH_LIGHT_OPTIMISATION})
    target_precompile_headers(${name}_tests REUSE_FROM ${TEST_HEADERS})
  else()
    target_compile_options(${name}_tests PRIVATE ${DIPTYCH_TEST_OPTIMISATION})
    target_precompile_headers(${name}_tests REUSE_FROM diptych_test_support)
  endif()
  include(GoogleTest)
  # A test of parameters is listed by the name that it gives them; their bytes would differ from run to run.
  gtest_discover_tests(${name}_tests TEST_PREFIX ${name}. NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 600)
endfunction()
