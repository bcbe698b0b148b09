# pck_add_kernel(NAME): compiles kernels/NAME.cu alone, warnings as errors, for every architecture we ship to; nothing where there is no nvcc, nor beside the sanitizers.

set(PCK_ARCHITECTURES 80 90 CACHE STRING "Compute capabilities the kernels are compiled for")

function(pck_add_kernel name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(source "${CMAKE_CURRENT_SOURCE_DIR}/kernels/${name}.cu")
  set(outputs "")
  foreach(architecture IN LISTS PCK_ARCHITECTURES)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/kernels/${name}.sm_${architecture}.cubin")
    add_custom_command(
      OUTPUT "${output}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/kernels"
      COMMAND ${PCK_NVCC_COMMAND} -std=c++20 -O3 -arch=sm_${architecture} -Werror all-warnings -I "${CMAKE_CURRENT_SOURCE_DIR}/include"
              -MMD -MF "${output}.d" -cubin -o "${output}" "${source}"
      DEPENDS "${source}"
      DEPFILE "${output}.d"
      COMMENT "nvcc ${name}.cu for sm_${architecture}"
      VERBATIM)
    list(APPEND outputs "${output}")
  endforeach()
  add_custom_target(kernel_${name} ALL DEPENDS ${outputs})
endfunction()
