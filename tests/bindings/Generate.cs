using System;
using System.CodeDom;
using System.CodeDom.Compiler;
using System.Collections.Generic;
using System.Linq;
using System.Xml;
using System.Xml.Schema;
using System.Xml.Serialization;

/// <summary>Writes the classes of a schema in C#, with the framework's own generator, as xsd.exe does.</summary>
public static class Generate
{
    public static int Main(string[] arguments)
    {
        var problems = new List<string>();
        ValidationEventHandler note = (sender, said) => problems.Add(said.Severity + ": " + said.Message);
        XmlSchema schema;
        using (var reader = XmlReader.Create(arguments[0]))
        {
            schema = XmlSchema.Read(reader, note);
        }
        var schemas = new XmlSchemas { schema };
        schemas.Compile(note, true);
        var classes = new CodeNamespace("Chat");
        var importer = new XmlSchemaImporter(schemas);
        var exporter = new XmlCodeExporter(classes);
        foreach (var element in schema.Elements.Values.Cast<XmlSchemaElement>())
        {
            exporter.ExportTypeMapping(importer.ImportTypeMapping(element.QualifiedName));
        }
        CodeGenerator.ValidateIdentifiers(classes);
        new Microsoft.CSharp.CSharpCodeProvider().GenerateCodeFromNamespace(
            classes, Console.Out, new CodeGeneratorOptions());
        problems.ForEach(Console.Error.WriteLine);
        return problems.Count;
    }
}
