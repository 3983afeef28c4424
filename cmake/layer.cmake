# diptych_layer(name [SEPARATE] SOURCES ... LINKS ...): one folder of src/ as the library diptych_<name>, a part of
# diptych::diptych (library.cmake) unless it is separate.
function(diptych_layer name)
  cmake_parse_arguments(LAYER "SEPARATE" "" "SOURCES;LINKS" ${ARGN})
  add_library(diptych_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(diptych_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(diptych_${name} PUBLIC ${LAYER_LINKS} PRIVATE diptych_settings)
  if(NOT LAYER_SEPARATE)
    set_property(GLOBAL APPEND PROPERTY DIPTYCH_LAYERS diptych_${name})
  endif()
endfunction()

# diptych_test(name SOURCES ... LINKS ...): tests/<name> as one GoogleTest program, one ctest entry a test.
function(diptych_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name}_tests ${TEST_SOURCES})
  target_link_libraries(${name}_tests PRIVATE ${TEST_LINKS} diptych_test_support diptych_settings
                        GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name}_tests TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 600)
endfunction()
