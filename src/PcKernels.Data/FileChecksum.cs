namespace PcKernels.Data;

/// <summary>Which bytes a data set was read from.</summary>
/// <param name="File">The file's name without its folder.</param>
/// <param name="Md5">MD5 of its uncompressed bytes, in lower-case hexadecimal, as the publishers of data sets state it.</param>
public sealed record FileChecksum(string File, string Md5);
