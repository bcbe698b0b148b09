using System.Text;
using System.Text.Unicode;

namespace PcKernels.Data.Formats;

/// <summary>Cuts the bytes of a table (RFC 4180) into rows and cells without making a string of each.</summary>
internal sealed class CsvScanner
{
    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly List<(int Start, int Length, bool Quoted)> _cells = [];
    private int _at;
    private int _nextLine = 1;

    /// <exception cref="InputException">The file is empty or not UTF-8.</exception>
    public CsvScanner(SourceFile file)
    {
        (_path, _bytes) = (file.Path, file.Bytes);
        if (!Utf8.IsValid(_bytes)) throw new InputException($"'{_path}' is not UTF-8 text, which a CSV file must be");
        _at = _bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        if (_bytes.AsSpan(_at).Trim(" \t\r\n"u8).IsEmpty) throw new InputException($"'{_path}' is empty; a CSV file with at least one row is expected");
        Separator = FindSeparator();
    }

    public byte Separator { get; }

    /// <summary>The line on which the current row starts, from 1.</summary>
    public int Line { get; private set; }

    public int Count => _cells.Count;

    public bool IsBlank => _cells is [(_, 0, false)];

    /// <summary>Goes to the next row.</summary>
    /// <exception cref="InputException">A quoted cell does not end, or text follows its end.</exception>
    public bool Next()
    {
        _cells.Clear();
        if (_at >= _bytes.Length) return false;
        Line = _nextLine;
        while (true)
        {
            ReadCell();
            if (_at >= _bytes.Length) return true;
            if (_bytes[_at++] == Separator) continue;
            _nextLine++;
            return true;
        }
    }

    /// <summary>The bytes of a cell without quotes and outer spaces.</summary>
    public ReadOnlySpan<byte> Bytes(int cell) => _bytes.AsSpan(_cells[cell].Start, _cells[cell].Length);

    /// <summary>The text of a cell.</summary>
    public string Text(int cell)
    {
        string text = Encoding.UTF8.GetString(Bytes(cell));
        return _cells[cell].Quoted ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }

    /// <summary>The text of a cell as messages show it: in quotes, on one line, not endless.</summary>
    public string Show(int cell) => Show(Text(cell));

    /// <summary>A text as messages show it.</summary>
    public static string Show(string text) =>
        $"'{string.Concat(text.Take(60).Select(static c => char.IsControl(c) ? '?' : c))}{(text.Length > 60 ? "…" : "")}'";

    private void ReadCell()
    {
        while (_at < _bytes.Length && _bytes[_at] is (byte)' ' or (byte)'\t') _at++;
        if (_at < _bytes.Length && _bytes[_at] == '"')
        {
            ReadQuoted();
            return;
        }
        int length = _bytes.AsSpan(_at).IndexOfAny(Separator, (byte)'\n');
        if (length < 0) length = _bytes.Length - _at;
        _cells.Add((_at, _bytes.AsSpan(_at, length).TrimEnd(" \t\r"u8).Length, false));
        _at += length;
    }

    private void ReadQuoted()
    {
        int start = ++_at, line = _nextLine;
        while (true)
        {
            if (_at >= _bytes.Length) throw new InputException($"'{_path}', line {line}: a quoted cell starts here and never ends; a closing \" is expected");
            if (_bytes[_at] == '\n') _nextLine++;
            if (_bytes[_at++] != '"') continue;
            if (_at >= _bytes.Length || _bytes[_at] != '"') break;
            _at++;
        }
        _cells.Add((start, _at - 1 - start, true));
        while (_at < _bytes.Length && _bytes[_at] is (byte)' ' or (byte)'\t' or (byte)'\r') _at++;
        if (_at < _bytes.Length && _bytes[_at] != Separator && _bytes[_at] != '\n')
            throw new InputException($"'{_path}', line {_nextLine}: text follows the closing quote of cell {_cells.Count}; a {(char)Separator} or the end of the line is expected");
    }

    private byte FindSeparator()
    {
        int commas = 0, semicolons = 0;
        bool quoted = false;
        for (int i = _at; i < _bytes.Length && (quoted || _bytes[i] != '\n'); i++)
        {
            if (_bytes[i] == '"') quoted = !quoted;
            else if (!quoted && _bytes[i] == ',') commas++;
            else if (!quoted && _bytes[i] == ';') semicolons++;
        }
        return (byte)(semicolons > commas ? ';' : ',');
    }
}
