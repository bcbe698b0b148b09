using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace PcKernels.Tests.PublicApi;

/// <summary>What an assembly promises, as sorted text: every public type and the members others can call, override or inherit.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(type.Namespace).Append(": ").Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static string Header(Type type)
    {
        bool isRecord = type.GetMethod("PrintMembers", Declared) is not null;
        bool isDelegate = typeof(Delegate).IsAssignableFrom(type);
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : isDelegate ? "delegate"
            : (type.IsValueType, isRecord) switch { (true, true) => "record struct", (true, false) => "struct", (false, true) => "record", _ => "class" };
        string modifier = type.IsClass && !isDelegate
            ? (type.IsAbstract, type.IsSealed) switch { (true, true) => "static ", (true, false) => "abstract ", (false, true) => "sealed ", _ => "" }
            : type.IsValueType && type.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly " : "";
        IEnumerable<Type> inherited = type.IsEnum ? [Enum.GetUnderlyingType(type)]
            : isDelegate || type.IsInterface ? []
            : type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? [parent] : [];
        IEnumerable<Type> interfaces = type.IsEnum || isDelegate ? [] : type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(i => i.IsVisible && !IsOfRecord(i, type));
        string[] bases = [.. inherited.Select(TypeNames.Of), .. interfaces.Select(TypeNames.Of).Order(StringComparer.Ordinal)];
        return $"{modifier}{kind} {TypeNames.Of(type)}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static bool IsOfRecord(Type candidate, Type type) =>
        candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IEquatable<>) && type.GetMethod("PrintMembers", Declared) is not null;

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum) return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        if (typeof(Delegate).IsAssignableFrom(type)) return [Signature(type.GetMethod("Invoke")!)];
        return type.GetConstructors(Declared).Where(IsSeen).Where(IsWritten).Select(c => $"{Modifiers(c)}{TypeNames.Of(type)}({Parameters(c)})")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(Field))
            .Concat(type.GetProperties(Declared).Where(p => p.GetAccessors(true).Any(IsSeen) && p.Name != "EqualityContract").Select(Property))
            .Concat(type.GetEvents(Declared).Where(e => IsSeen(e.AddMethod!)).Select(e => $"event {TypeNames.Of(e.EventHandlerType!)} {e.Name}"))
            .Concat(type.GetMethods(Declared).Where(IsSeen).Where(IsWritten)
                .Where(m => !m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)).Select(Signature));
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // What the compiler adds to a record (equality, printing, cloning) follows from its header.
    private static bool IsWritten(MethodBase method) => !method.IsDefined(typeof(CompilerGeneratedAttribute), false);

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic ? "" : "protected ";
        if (method.IsStatic) return access + "static ";
        if (method is not MethodInfo { IsVirtual: true, DeclaringType.IsInterface: false } info) return access;
        if (info.GetBaseDefinition() != info) return access + "override ";
        return access + (info.IsAbstract ? "abstract " : info.IsFinal ? "" : "virtual ");
    }

    private static string Signature(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeNames.Of))}>" : "";
        NullabilityState returned = new NullabilityInfoContext().Create(method.ReturnParameter).ReadState;
        string byReference = method.ReturnType.IsByRef ? "ref " : "";
        return $"{Modifiers(method)}{byReference}{TypeNames.Of(method.ReturnType, returned)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Field(FieldInfo field)
    {
        string kind = field.IsLiteral ? "const " : field.IsStatic ? "static " : "";
        string value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "";
        return $"{kind}{(field.IsInitOnly ? "readonly " : "")}{TypeNames.Of(field.FieldType)} {field.Name}{value}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo first = property.GetAccessors(true).First(IsSeen);
        var accessors = new List<string>();
        if (property.GetMethod is { } get && IsSeen(get)) accessors.Add("get;");
        if (property.SetMethod is { } set && IsSeen(set))
            accessors.Add(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;");
        NullabilityState read = new NullabilityInfoContext().Create(property).ReadState;
        ParameterInfo[] indices = property.GetIndexParameters();
        string name = indices.Length > 0 ? $"this[{string.Join(", ", indices.Select(Parameter))}]" : property.Name;
        return $"{Modifiers(first)}{TypeNames.Of(property.PropertyType, read)} {name} {{ {string.Join(' ', accessors)} }}";
    }

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute), false) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = !parameter.ParameterType.IsByRef ? parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : ""
            : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        NullabilityState state = new NullabilityInfoContext().Create(parameter).WriteState;
        string fallback = parameter.HasDefaultValue ? $" = {Literal(parameter.DefaultValue)}" : "";
        return $"{passing}{TypeNames.Of(parameter.ParameterType, state)} {parameter.Name}{fallback}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
