# `cpack --config build/release/CPackConfig.cmake` makes two Debian packages: pingplay, the client, and pingplay-headend.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL client headend)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_PACKAGE_CONTACT "The Pingplay authors <pingplay@localhost>")
set(CPACK_PACKAGE_VENDOR "Pingplay")
set(CPACK_STRIP_FILES ON)
# The permissions of the package, not of the umask that it was made under.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME pingplay)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_CLIENT_PACKAGE_DEPENDS "systemd, udev, tpm-udev, libtss2-tcti-device0t64 | libtss2-tcti-device0, fonts-inter | fonts-dejavu-core")
set(CPACK_DEBIAN_CLIENT_PACKAGE_RECOMMENDS "ca-certificates, libgl1-mesa-dri, libgbm1, libegl1, libgles2, fontconfig, systemd-timesyncd | chrony")
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS "network-manager, wpasupplicant, dnsmasq-base")
# CPack indents the lines behind the first and turns an empty one into the paragraph mark.
set(CPACK_DEBIAN_CLIENT_DESCRIPTION "shows on a display what a headend publishes, sealed
A display point enrols by a QR code, pulls signed and encrypted content
over TLS, keeps exactly those encrypted bytes on its flash, and plays
them, with or without a network.

This package has the agent, the player, the sandboxed renderers, and
their services.")

set(CPACK_DEBIAN_HEADEND_PACKAGE_NAME pingplay-headend)
set(CPACK_DEBIAN_HEADEND_PACKAGE_SECTION web)
set(CPACK_DEBIAN_HEADEND_PACKAGE_DEPENDS "systemd, tzdata")
set(CPACK_DEBIAN_HEADEND_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_HEADEND_DESCRIPTION "enrols Pingplay screens and publishes content to them
The reference server of the Pingplay display client: enrolment by device
authorization, certificates by EST, a signed repository of encrypted
content, and the pages on which an administrator approves a screen. One
program, SQLite in one file, TLS by itself.")

# The maintainer scripts, under the names that dpkg knows.
foreach(part client headend)
  string(TOUPPER ${part} upper)
  set(scripts)
  foreach(script postinst prerm postrm)
    set(target "${CMAKE_CURRENT_BINARY_DIR}/control/${part}/${script}")
    configure_file("${PROJECT_SOURCE_DIR}/board/debian/${part}.${script}" "${target}" COPYONLY)
    list(APPEND scripts "${target}")
  endforeach()
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${scripts}")
endforeach()

include(CPack)
