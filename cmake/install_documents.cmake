# What an installed diptych has beside programs and library: licences, notices, the embedded model's card.
include(GNUInstallDirs)

set(DIPTYCH_DOCUMENTS ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE THIRD_PARTY_NOTICES.md README.md CHANGELOG.md DESTINATION ${DIPTYCH_DOCUMENTS} COMPONENT core)
install(FILES models/pictogram/CARD.md models/pictogram/PICTURES.md DESTINATION ${DIPTYCH_DOCUMENTS}/models/pictogram COMPONENT core)
