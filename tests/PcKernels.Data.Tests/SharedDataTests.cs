namespace PcKernels.Data.Tests;

public class SharedDataTests
{
    [SharedDataFact]
    public void Fashion_mnist_is_the_published_one()
    {
        DataSet set = DataSets.Load(SharedData.Folder("fashion-mnist"));
        Assert.Equal((60000, 10000, 10), (set.Train.Count, set.Test.Count, set.Train.Classes));
        Assert.Equal([28, 28], set.Train.SampleShape);
        Assert.Equal(["f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9", "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965"], set.Checksums.Select(c => c.Md5));
        Assert.Equal("see LICENSE in its folder", set.Licence);
        // The figures that users of the set normalise with.
        Normalisation fitted = Normalisation.Fit(set.Train);
        Assert.Equal(0.2860, fitted.Mean.Span[0], 4);
        Assert.Equal(0.3530, fitted.Deviation.Span[0], 4);
    }

    [SharedDataFact]
    public void Mnist_is_the_published_one()
    {
        DataSet set = DataSets.Load(SharedData.Folder("mnist"));
        Assert.Equal((60000, 10000, 10), (set.Train.Count, set.Test.Count, set.Train.Classes));
        Assert.Equal(["6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624", "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"], set.Checksums.Select(c => c.Md5));
        Assert.Equal([5, 0, 4, 1, 9], set.Train.Labels.ToArray()[..5]);
    }

    [SharedDataFact]
    public void Cifar_has_its_records_and_names()
    {
        DataSet set = DataSets.Load(SharedData.Folder("cifar-10"));
        Assert.Equal((10000, 10000, 10), (set.Train.Count, set.Test.Count, set.Train.Classes));
        Assert.Equal("airplane", set.ClassNames[0]);
        Assert.Equal(6, set.Train.Labels.Span[0]);
        for (int label = 0; label < 10; label++) Assert.Equal(1000, set.Test.Labels.ToArray().Count(l => l == label));
    }

    [SharedDataFact]
    public void The_small_tables_are_read()
    {
        DataSet iris = DataSets.Load(SharedData.Folder("tiny/iris.csv")), wine = DataSets.Load(SharedData.Folder("tiny/wine.csv"));
        Assert.Equal((150, 3, 4), (iris.Train.Count, iris.Train.Classes, iris.Train.SampleSize));
        Assert.Equal(["Iris-setosa", "Iris-versicolor", "Iris-virginica"], iris.ClassNames);
        Assert.Equal((178, 3, 13), (wine.Train.Count, wine.Train.Classes, wine.Train.SampleSize));
        Assert.Equal((1599, 11), (DataSets.Load(SharedData.Folder("tiny/winequality-red.csv")).Train.Count, 11));
        Assert.Equal(4898, DataSets.Load(SharedData.Folder("tiny/winequality-white.csv")).Train.Count);
        DataSet digits = DataSets.Load(SharedData.Folder("tiny")), embedded = DataSets.Load("digits");
        Assert.Equal(embedded.Checksums, digits.Checksums);
        Assert.Equal(embedded.Test.ToArray(), digits.Test.ToArray());
    }
}
