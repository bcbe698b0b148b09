# pck_add_kernel(NAME): the machine code of ptx/NAME.ptx, warnings as errors, for every architecture we ship to. It is made of the PTX on file, which a program
# carries too: one text is what runs everywhere. Nothing where there is no nvcc, nor beside the sanitizers.

set(PCK_ARCHITECTURES 80 90 CACHE STRING "Compute capabilities the kernels are compiled for")

function(pck_add_kernel name)
  if(NOT PCK_NVCC OR PCK_SANITIZE)
    return()
  endif()
  set(ptx "${CMAKE_CURRENT_SOURCE_DIR}/ptx/${name}.ptx")
  if(NOT EXISTS "${ptx}")
    message(STATUS "kernels/${name}.cu has no PTX on file yet, so no machine code is made of it: build the target ptx, then configure again")
    return()
  endif()
  set(outputs "")
  foreach(architecture IN LISTS PCK_ARCHITECTURES)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/kernels/${name}.sm_${architecture}.cubin")
    add_custom_command(
      OUTPUT "${output}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/kernels"
      COMMAND "${PCK_NVCC}" -arch=sm_${architecture} -Werror all-warnings -cubin -o "${output}" "${ptx}"
      DEPENDS "${ptx}"
      COMMENT "ptxas ${name}.ptx for sm_${architecture}"
      VERBATIM)
    list(APPEND outputs "${output}")
  endforeach()
  add_custom_target(kernel_${name} ALL DEPENDS ${outputs})
endfunction()
