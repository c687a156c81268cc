# With -DPP_FUZZ=ON libFuzzer is shown which way an input takes through all modules; tests themselves pay nothing for that.
function(pp_show_fuzzer target)
  if(PP_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# pp_module(NAME [SOURCES ...] [LINKS ...]): the static library of firmware/NAME, target `pp_NAME`.
# Without SOURCES, every .c file of the folder but main.c.
function(pp_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
    list(FILTER arg_SOURCES EXCLUDE REGEX "/main\\.c$")
  endif()
  add_library(pp_${name} STATIC ${arg_SOURCES})
  target_link_libraries(pp_${name} PUBLIC pp_flags ${arg_LINKS})
  pp_show_fuzzer(pp_${name})
endfunction()

# pp_program(NAME MODULE [SOURCE]): a thin main over the module's library, installed in bin, in the package that
# CMAKE_INSTALL_DEFAULT_COMPONENT_NAME names (board/CMakeLists.txt).
function(pp_program name module)
  set(source main.c)
  if(ARGC GREATER 2)
    set(source ${ARGV2})
  endif()
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE pp_${module})
  if(PP_HARDEN)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()
