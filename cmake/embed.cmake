# diptych_embed(target symbol file): builds the bytes of `file` into `target`, 64-byte aligned, and defines
#   namespace diptych::embedded { std::span<const std::byte> symbol(); }
# which the source that uses it declares. The assembler copies the bytes, so a large file costs no compile time.
enable_language(ASM)

function(diptych_embed target symbol file)
  get_filename_component(EMBED_FILE ${file} ABSOLUTE)
  set(EMBED_SYMBOL ${symbol})
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.S)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cpp)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embed.S.in ${assembly} @ONLY)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embed.cpp.in ${source} @ONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${EMBED_FILE})
  target_sources(${target} PRIVATE ${assembly} ${source})
endfunction()
