# diptych::diptych: all layers as the one library that programs link, here and installed. Its headers are
# include/diptych; what the layers link stays private.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(DIPTYCH_LAYERS GLOBAL PROPERTY DIPTYCH_LAYERS)
set(DIPTYCH_EXTERNAL_LIBRARIES)
foreach(layer ${DIPTYCH_LAYERS})
  get_target_property(libraries ${layer} INTERFACE_LINK_LIBRARIES)
  list(APPEND DIPTYCH_EXTERNAL_LIBRARIES ${libraries})
endforeach()
list(REMOVE_ITEM DIPTYCH_EXTERNAL_LIBRARIES ${DIPTYCH_LAYERS} $<LINK_ONLY:diptych_settings>)
list(REMOVE_DUPLICATES DIPTYCH_EXTERNAL_LIBRARIES)

file(GLOB DIPTYCH_PUBLIC_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/diptych/*.h)
add_library(diptych_library)  # static, or shared with BUILD_SHARED_LIBS
add_library(diptych::diptych ALIAS diptych_library)
set_target_properties(diptych_library PROPERTIES OUTPUT_NAME diptych EXPORT_NAME diptych LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
foreach(layer ${DIPTYCH_LAYERS})
  target_sources(diptych_library PRIVATE $<TARGET_OBJECTS:${layer}>)
endforeach()
target_sources(diptych_library PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
               FILES ${DIPTYCH_PUBLIC_HEADERS})
target_compile_features(diptych_library PUBLIC cxx_std_20)
target_link_libraries(diptych_library PRIVATE ${DIPTYCH_EXTERNAL_LIBRARIES})
if(DIPTYCH_SANITIZE)  # what links the instrumented objects needs the sanitizer's runtime
  target_link_options(diptych_library INTERFACE -fsanitize=${DIPTYCH_SANITIZE})
endif()

get_property(modules GLOBAL PROPERTY DIPTYCH_MODULES)
if(modules)
  add_dependencies(diptych_library ${modules})
endif()

# The same for those who build without CMake. Whoever links the static library links what it stands on, under the names that
# library_dependencies.cmake looks for; the shared one names that itself.
if(NOT BUILD_SHARED_LIBS)
  set(DIPTYCH_PKGCONFIG_LIBS "-lcld2 -ldl -pthread")
  set(DIPTYCH_PKGCONFIG_REQUIRES "fmt gumbo icu-uc libdeflate libhwy libjpeg libpng libwebp libwebpdemux libzstd lmdb sentencepiece simdjson zlib")
endif()
set(DIPTYCH_PKGCONFIG_FOLDER ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH DIPTYCH_PREFIX_FROM_PKGCONFIG /${DIPTYCH_PKGCONFIG_FOLDER} /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/diptych.pc.in ${PROJECT_BINARY_DIR}/diptych.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/diptych.pc DESTINATION ${DIPTYCH_PKGCONFIG_FOLDER} COMPONENT core)

set(DIPTYCH_PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/diptych)
install(TARGETS diptych_library EXPORT diptych_targets FILE_SET HEADERS COMPONENT core
        LIBRARY COMPONENT core ARCHIVE COMPONENT core)
install(EXPORT diptych_targets NAMESPACE diptych:: DESTINATION ${DIPTYCH_PACKAGE_FOLDER} COMPONENT core)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/diptych-config.cmake.in
  ${PROJECT_BINARY_DIR}/diptych-config.cmake INSTALL_DESTINATION ${DIPTYCH_PACKAGE_FOLDER}
  PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/diptych-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/diptych-config.cmake ${PROJECT_BINARY_DIR}/diptych-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/library_dependencies.cmake
        DESTINATION ${DIPTYCH_PACKAGE_FOLDER} COMPONENT core)
