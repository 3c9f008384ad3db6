using System.Reflection;
using Microsoft.ML.PcDarts.Models.Onnx;
using Microsoft.ML.PcDarts.Platform;

namespace Microsoft.ML.PcDarts.Tests.Platform;

public sealed class LoadFaultTests
{
    [Fact]
    public void Of_FolderThatFails_NamesItAndTheRemedy()
    {
        var thrown = new TargetInvocationException(new IOException("Read-only file system : '/tmp/a'"));

        IOException fault = Assert.IsType<IOException>(LoadFault.Of("'m.zip' cannot be loaded", thrown, "/tmp", LoadFault.SystemFolder));

        Assert.Equal("'m.zip' cannot be loaded: ML.NET needs the folder for temporary files, '/tmp', and there it failed: "
            + "Read-only file system : '/tmp/a'. "
            + "To use another folder set the environment variable TMPDIR (TMP on Windows).", fault.Message);
        Assert.Same(thrown, fault.InnerException);
    }

    [Fact]
    public void Of_FolderThatMayNotBeWritten_KeepsTheType()
        => Assert.IsType<UnauthorizedAccessException>(LoadFault.Of("x", new UnauthorizedAccessException("no"), "/tmp",
            LoadFault.ContextFolder));

    [Fact]
    public void Of_Damage_IsNone()
    {
        Assert.All(
            new Exception[] { new EndOfStreamException(), new FileLoadException(), new FileNotFoundException(), new InvalidDataException(),
                new FormatException(), new OverflowException(), Protobuf() },
            damage => Assert.Null(LoadFault.Of("x", new TargetInvocationException(damage), "/tmp", LoadFault.SystemFolder)));

        // One of its own, which is an IOException.
        static Exception Protobuf()
            => Assert.Throws<Google.Protobuf.InvalidProtocolBufferException>(() => ModelProto.Parser.ParseFrom([0x0a, 0x7f]));
    }
}
