# pck_add_ptx(NAME): the PTX of kernels/NAME.cu, checked in as ptx/NAME.ptx. `cmake --build … --target ptx` writes it anew; the test
# ptx_NAME fails where it is not what the compiler makes of the sources now. Nothing where there is no nvcc, nor beside the sanitizers: once is enough.

set(PCK_PTX_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/NormalisePtx.cmake")
set(PCK_PTX_CHECK "${CMAKE_CURRENT_LIST_DIR}/CheckPtx.cmake")

function(pck_add_ptx name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/kernels/${name}.cu")
  set(checked_in "${CMAKE_CURRENT_SOURCE_DIR}/ptx/${name}.ptx")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/ptx/${name}.ptx")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/ptx"
    COMMAND ${PCK_NVCC_COMMAND} -std=c++20 -O3 -arch=compute_80 -lineinfo -Werror all-warnings -I "${CMAKE_CURRENT_SOURCE_DIR}/include"
            -MMD -MF "${output}.d" -ptx -o "${output}" "${source}"
    COMMAND "${CMAKE_COMMAND}" "-DFILE=${output}" "-DROOT=${CMAKE_CURRENT_SOURCE_DIR}/" -P "${PCK_PTX_SCRIPT}"
    DEPENDS "${source}" "${PCK_PTX_SCRIPT}"
    DEPFILE "${output}.d"
    COMMENT "nvcc ${name}.cu to PTX"
    VERBATIM)
  add_custom_target(ptx_${name} ALL DEPENDS "${output}")
  if(NOT TARGET ptx)
    add_custom_target(ptx COMMENT "writes ptx/ anew")
  endif()
  add_custom_target(copy_ptx_${name} COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${output}" "${checked_in}" DEPENDS "${output}" VERBATIM)
  add_dependencies(ptx copy_ptx_${name})
  string(REPLACE ";" "|" nvcc "${PCK_NVCC_COMMAND}")
  add_test(NAME ptx_${name} COMMAND "${CMAKE_COMMAND}" "-DMADE=${output}" "-DCHECKED_IN=${checked_in}" "-DNVCC=${nvcc}" "-DSOURCE=${source}" "-DROOT=${CMAKE_CURRENT_SOURCE_DIR}/"
    "-DNORMALISE=${PCK_PTX_SCRIPT}" -P "${PCK_PTX_CHECK}")
endfunction()
