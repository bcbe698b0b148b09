using System.Reflection;
using System.Runtime.CompilerServices;

namespace PcKernels.Tests.PublicApi;

/// <summary>Types as they are written in C#, without namespaces: <c>IReadOnlyList&lt;int&gt;</c>, <c>Span&lt;double&gt;</c>, <c>string?</c>.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    internal static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsByRef) return Of(type.GetElementType()!);
        if (type.IsPointer) return Of(type.GetElementType()!) + "*";
        if (type.IsArray) return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Of(underlying) + "?";
        if (type.IsGenericType && typeof(ITuple).IsAssignableFrom(type)) return $"({string.Join(", ", type.GetGenericArguments().Select(Of))})";
        string outer = type.IsNested && !type.IsGenericParameter ? Of(type.DeclaringType!) + "." : "";
        if (!type.IsGenericType) return outer + type.Name;
        return $"{outer}{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }

    /// <summary>The type with a question mark where a reference may be null.</summary>
    internal static string Of(Type type, NullabilityState nullability) =>
        Of(type) + (nullability == NullabilityState.Nullable && !type.IsValueType && !type.IsGenericParameter ? "?" : "");
}
