using System;
using System.IO;
using System.Xml;
using System.Xml.Schema;

/// <summary>Judges every document of a folder by a schema with System.Xml: a name and a verdict on each line.</summary>
public static class Judge
{
    public static void Main(string[] arguments)
    {
        var schemas = new XmlSchemaSet();
        schemas.Add(null, arguments[0]);
        schemas.Compile();
        foreach (var file in Directory.GetFiles(arguments[1]))
        {
            Console.WriteLine(Path.GetFileName(file) + " " + (IsValid(schemas, file) ? "valid" : "invalid"));
        }
    }

    private static bool IsValid(XmlSchemaSet schemas, string file)
    {
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas };
        // Without these a root that the schema does not know would pass, and xml:lang on everything.
        settings.ValidationFlags |= XmlSchemaValidationFlags.ReportValidationWarnings;
        settings.ValidationFlags &= ~XmlSchemaValidationFlags.AllowXmlAttributes;
        var valid = true;
        var root = true;
        settings.ValidationEventHandler += (sender, said) =>
            // Below the root a warning is about an extension, which need not be declared anywhere.
            valid &= said.Severity == XmlSeverityType.Warning && !root;
        using (var reader = XmlReader.Create(file, settings))
        {
            while (reader.Read())
            {
                root &= reader.NodeType != XmlNodeType.Element;
            }
        }
        return valid;
    }
}
