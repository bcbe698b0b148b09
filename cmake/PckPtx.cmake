# pck_add_ptx(NAME): the PTX of kernels/NAME.cu, checked in as ptx/NAME.ptx. `cmake --build … --target ptx` writes it anew; the test
# ptx_NAME fails where it is not what the compiler makes of the sources now. Nothing where there is no nvcc, nor beside the sanitizers: once is enough.
# nvcc 13.0 makes one of two of a large kernel: by a hash of the folder's name in some folders always the same, else either one. So it is called where the sources
# lie in a folder of the same name on every machine (fixed_names.sh), and the test asks a few more times where the first is not the one on file.

set(PCK_PTX_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/NormalisePtx.cmake")
set(PCK_PTX_CHECK "${CMAKE_CURRENT_LIST_DIR}/CheckPtx.cmake")
set(PCK_FIXED_NAMES "${CMAKE_CURRENT_LIST_DIR}/fixed_names.sh")

# What stands before nvcc, where the compiler then finds the sources, and where it puts what it makes in the folder KEPT.
function(pck_fix_names kept prefix root place)
  execute_process(COMMAND "${PCK_FIXED_NAMES}" "${CMAKE_CURRENT_SOURCE_DIR}" "${kept}" ${PCK_NVCC_COMMAND} --version RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    set(${prefix} "${PCK_FIXED_NAMES}" "${CMAKE_CURRENT_SOURCE_DIR}" "${kept}" PARENT_SCOPE)
    set(${root} "/mnt/" PARENT_SCOPE)
    set(${place} "/srv" PARENT_SCOPE)
  else()
    file(RELATIVE_PATH relative "${CMAKE_CURRENT_SOURCE_DIR}" "${kept}")
    set(${prefix} "" PARENT_SCOPE)
    set(${root} "${CMAKE_CURRENT_SOURCE_DIR}/" PARENT_SCOPE)
    set(${place} "${relative}" PARENT_SCOPE)
  endif()
endfunction()

function(pck_add_ptx name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/kernels/${name}.cu")
  set(checked_in "${CMAKE_CURRENT_SOURCE_DIR}/ptx/${name}.ptx")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/ptx/${name}.ptx")
  set(kept "${CMAKE_CURRENT_BINARY_DIR}/ptx/${name}")
  file(MAKE_DIRECTORY "${kept}")
  pck_fix_names("${kept}" prefix root place)
  set(is_fixed OFF)
  if(prefix)
    set(is_fixed ON)
  endif()
  set(compile ${prefix} ${PCK_NVCC_COMMAND} -std=c++20 -O3 -arch=compute_80 -lineinfo -Werror all-warnings -I include -keep -keep-dir "${place}" -ptx "kernels/${name}.cu"
    -MMD -MF "${place}/${name}.ptx.d" -o "${place}/${name}.ptx")
  set(normalise "${CMAKE_COMMAND}" "-DFILE=${kept}/${name}.ptx" "-DROOT=${root}" "-DSOURCES=${CMAKE_CURRENT_SOURCE_DIR}/" "-DTARGET=${output}" -P "${PCK_PTX_SCRIPT}")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND ${compile}
    COMMAND ${normalise}
    COMMAND "${CMAKE_COMMAND}" -E copy "${kept}/${name}.ptx" "${output}"
    DEPENDS "${source}" "${PCK_PTX_SCRIPT}"
    DEPFILE "${kept}/${name}.ptx.d"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "nvcc ${name}.cu to PTX"
    VERBATIM)
  add_custom_target(ptx_${name} ALL DEPENDS "${output}")
  if(NOT TARGET ptx)
    add_custom_target(ptx COMMENT "writes ptx/ anew")
  endif()
  add_custom_target(copy_ptx_${name} COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${output}" "${checked_in}" DEPENDS "${output}" VERBATIM)
  add_dependencies(ptx copy_ptx_${name})
  string(REPLACE ";" "|" compile "${compile}")
  string(REPLACE ";" "|" normalise "${normalise}")
  add_test(NAME ptx_${name} COMMAND "${CMAKE_COMMAND}" "-DMADE=${output}" "-DCHECKED_IN=${checked_in}" "-DCOMPILE=${compile}" "-DNORMALISE=${normalise}" "-DAGAIN=${kept}/${name}.ptx"
    "-DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}" "-DFIXED=${is_fixed}" -P "${PCK_PTX_CHECK}")
  set_tests_properties(ptx_${name} PROPERTIES SKIP_REGULAR_EXPRESSION "not compared")
endfunction()
