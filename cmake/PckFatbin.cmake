# pck_add_fatbin(NAME): the machine code of kernels/NAME.cu for every architecture and its PTX in one file, for a package to carry.
# The file's name ends in sixteen digits of the checked-in PTX's SHA-256: a program takes only the one that belongs to the PTX it carries
# itself, so that one left over from older sources is never run. `cmake --build … --target fatbins` makes all. Nothing where there is no nvcc.

function(pck_add_fatbin name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(ptx "${CMAKE_CURRENT_SOURCE_DIR}/ptx/${name}.ptx")
  if(NOT EXISTS "${ptx}")
    return()
  endif()
  get_filename_component(folder "${PCK_NVCC}" REALPATH)
  get_filename_component(folder "${folder}" DIRECTORY)
  find_program(PCK_FATBINARY fatbinary HINTS "${folder}")
  if(NOT PCK_FATBINARY)
    message(STATUS "fatbinary: not found beside ${PCK_NVCC}, ${name} gets no fatbin")
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${ptx}")
  file(SHA256 "${ptx}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/fatbins/${name}.${hash}.fatbin")
  set(images "--image3=kind=ptx,sm=80,file=${ptx}")
  set(cubins "")
  foreach(architecture IN LISTS PCK_ARCHITECTURES)
    set(cubin "${CMAKE_CURRENT_BINARY_DIR}/kernels/${name}.sm_${architecture}.cubin")
    list(APPEND cubins "${cubin}")
    list(APPEND images "--image3=kind=elf,sm=${architecture},file=${cubin}")
  endforeach()
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/fatbins"
    COMMAND "${PCK_FATBINARY}" -64 "--create=${output}" ${images}
    DEPENDS "${ptx}" ${cubins} kernel_${name}
    COMMENT "fatbin of ${name}"
    VERBATIM)
  add_custom_target(fatbin_${name} ALL DEPENDS "${output}")
  if(NOT TARGET fatbins)
    add_custom_target(fatbins COMMENT "all fatbins")
  endif()
  add_dependencies(fatbins fatbin_${name})
endfunction()
